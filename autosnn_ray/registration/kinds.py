"""The kinds of things that can be registered. One more is one line in ``KINDS``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from typing import Any

from autosnn_ray.errors import InvalidInputError, unknown_name

Line = tuple[str, Any, Any]
"""A registry as ``module:NAME``, a key in it, and the value."""


def _takes(count: int, what: str, given: Any) -> None:
    """Refuses what is no function of so many arguments."""
    try:
        inspect.signature(given).bind(*range(count))
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"{_called(given)}: expected {what}: {error}") from error


def _called(given: Any) -> str:
    return str(getattr(given, "__qualname__", repr(given)))


def _is_settings(base: str, given: Any) -> None:
    """Refuses what is no frozen dataclass that derives from a class and has all that it needs."""
    called = _called(given)
    if not isinstance(given, type) or base not in {f"{one.__module__}:{one.__name__}" for one in given.__mro__}:
        raise InvalidInputError(f"{called}: expected a class that derives from asr.{base.rpartition(':')[2]}")
    own = [text for text in map(str, vars(given).get("__annotations__", {}).values()) if "ClassVar" not in text]
    is_made = is_dataclass(given) and ("__dataclass_fields__" in vars(given) or not own)
    if not is_made or not given.__dataclass_params__.frozen:  # type: ignore[attr-defined]  # a dataclass has them
        raise InvalidInputError(f"{called}: expected a frozen dataclass: @asr.register above @dataclass(frozen=True)")
    lacking = sorted(getattr(given, "__abstractmethods__", ()))
    if lacking:
        raise InvalidInputError(
            f"{called}: lacks {', '.join(lacking)}; see asr.{base.rpartition(':')[2]} for what they do"
        )
    if base.endswith(":Evaluator") and not isinstance(getattr(given, "summary", None), str):
        raise InvalidInputError(f'{called}: lacks `summary: ClassVar[str] = "what it is, in one line"`')


def _is_block(given: Any) -> None:
    from autosnn_ray.spiking.layer_parts import SpikingBlock

    if isinstance(given, type):
        if not issubclass(given, SpikingBlock):
            raise InvalidInputError(
                f"{_called(given)}: expected a class that derives from autosnn_ray.spiking.SpikingBlock"
            )
        if given.forward is SpikingBlock.forward:
            raise InvalidInputError(f"{_called(given)}: lacks forward(self, x, meter=None)")
    _takes(5, "to be called with (block, in_channels, out_channels, stride, neuron)", given)


def _is_neuron(given: Any) -> None:
    from autosnn_ray.spiking.own_neurons import own_neuron

    own_neuron(given)


def _simple(registry: str, given: Any, name: str, about: dict[str, Any]) -> tuple[Line, ...]:
    _refuse_further(name, about, ())
    return ((registry, name, given),)


def _refuse_further(name: str, about: dict[str, Any], known: tuple[str, ...]) -> None:
    for one in about:
        if one not in known:
            raise unknown_name(f"property of {name}", one, known or ["none"])


def _summary(given: Any) -> str:
    """Returns the first line of what is documented; a dataclass that is not gets a signature, which is none."""
    return str(getattr(given, "__doc__", None) or "").strip().partition("\n")[0].removesuffix(".")


_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


def _block(given: Any, name: str, about: dict[str, Any]) -> tuple[Line, ...]:
    from autosnn_ray.space.blocks import Block

    known = ("family", "kernel", "expansion", "summary", "colour", "nir")
    _refuse_further(name, about, known)
    if not re.fullmatch(r"\w+", name) or name == "slot":
        raise InvalidInputError(f"block {name!r}: expected a name of letters, digits and _ other than slot")
    for number in ("kernel", "expansion"):
        if type(about.get(number, 0)) is not int or about.get(number, 0) < 0:
            raise InvalidInputError(f"block {name}: {number}: expected a whole number, got {about[number]!r}")
    if not _COLOUR.fullmatch(about.get("colour", "#000000")):
        raise InvalidInputError(f"block {name}: colour: expected such as '#A6DFC4', got {about['colour']!r}")
    nir = about.pop("nir", None)
    # Blocks of one kind with several kernels are one family: dense_k3 and dense_k5 are dense.
    family = about.pop("family", re.sub(r"_k\d+\w*$", "", name))
    block = Block(family, "", about.pop("summary", _summary(given)), **about)
    lines: tuple[Line, ...] = (
        ("autosnn_ray.space.blocks:BLOCKS", name, block),
        ("autosnn_ray.spiking.blocks:FAMILIES", family, given),
    )
    if nir is None:
        return lines
    if not isinstance(given, type):
        raise InvalidInputError(f"block {name}: nir: expected beside a class, whose modules it translates")
    _takes(5, "nir= to be called with (graph, name, module, place, stride)", nir)
    return (*lines, ("autosnn_ray.export.to_nir:EXPORTERS", given, nir))


def _neuron(given: Any, name: str, about: dict[str, Any]) -> tuple[Line, ...]:
    from autosnn_ray.spiking.own_neurons import own_neuron

    _refuse_further(name, about, ())
    return (("autosnn_ray.spiking.own_neurons:OWN_NEURONS", name, own_neuron(given)),)


def _dataset(given: Any, name: str, about: dict[str, Any]) -> tuple[Line, ...]:
    from autosnn_ray.data.registry import DatasetEntry

    known = tuple(field.name for field in fields(DatasetEntry) if field.name not in ("read", "own"))
    _refuse_further(name, about, known)
    return (("autosnn_ray.data.registry:DATASETS", name, DatasetEntry(given, **{"summary": _summary(given), **about})),)


def _measure(given: Any, name: str, about: dict[str, Any]) -> tuple[Line, ...]:
    from autosnn_ray.measures import Known, Measured

    _refuse_further(name, about, ("known", "unit", "summary", "direction"))
    kind = Known if about.pop("known", False) else Measured
    found = kind(name, given, **{"summary": _summary(given), **about})
    return (("autosnn_ray.measures:MEASURES", name, found),)


def _plot(given: Any, name: str, about: dict[str, Any]) -> tuple[Line, ...]:
    from autosnn_ray.own_packages import analysis

    return _simple(f"{analysis.__name__}.plots:PLOTS", given, name, about)


@dataclass(frozen=True)
class Kind:
    """A kind of things that can be registered.

    Attributes:
        check: Refuses what lacks something; says how to mend it.
        lines: Says, of what is given, its name and its further properties, what is written where.
        base: What its classes derive from, as ``module:Class``; empty where it is functions.
        named_by: The attribute of a class that names it; empty where ``name=`` does.
        travels: Whether processes that evaluate need it by its name.
    """

    check: Callable[[Any], None]
    lines: Callable[[Any, str, dict[str, Any]], tuple[Line, ...]]
    base: str = ""
    named_by: str = ""
    travels: bool = False


def _settings(base: str, registry: str, named_by: str = "name") -> Kind:
    return Kind(partial(_is_settings, base), partial(_simple, registry), base, named_by)


KINDS: dict[str, Kind] = {
    "algorithm": _settings("autosnn_ray.algorithms.base:Algorithm", "autosnn_ray.algorithms:ALGORITHMS"),
    "evaluator": _settings("autosnn_ray.evaluators.base:Evaluator", "autosnn_ray.evaluators:EVALUATORS"),
    "objective": _settings("autosnn_ray.objectives.objective:Objective", "autosnn_ray.objectives:OBJECTIVES", "kind"),
    "block": Kind(_is_block, _block, "autosnn_ray.spiking.layer_parts:SpikingBlock", travels=True),
    "neuron": Kind(_is_neuron, _neuron, travels=True),
    "measure": Kind(
        partial(_takes, 2, "a function of network and problem, or with known=True of problem and architecture"),
        _measure,
        travels=True,
    ),
    "dataset": Kind(partial(_takes, 1, "a function of DataOptions that returns a Source"), _dataset),
    "plot": Kind(partial(_takes, 1, "a function of a run's folder that returns a figure"), _plot),
}
"""Every kind by name."""
