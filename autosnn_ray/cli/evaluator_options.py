"""Options that say what evaluates candidates, and what is searched, declared once."""

from __future__ import annotations

import json
import sys
from dataclasses import MISSING, Field, fields
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.data_options import add_data_options, load_data
from autosnn_ray.cli.options import add_neuron_options, group, neuron_settings, number
from autosnn_ray.errors import InvalidInputError, unknown_name
from autosnn_ray.evaluators import EVALUATORS, Evaluator, SupernetEvaluator, make_evaluator, settings_of

if TYPE_CHECKING:
    from autosnn_ray.problem import Problem
    from autosnn_ray.training import Supernet

_FORMERLY = {"alone": "scratch", "kept": "scratch", "surveyed": "predictor"}
_NOT_TYPED = ("fitted",)
"""Settings that are made by a study, and never typed."""


def add_problem_options(parser: ArgumentParser) -> None:
    """Adds the options that say what is searched: that of a supernet, or space, data, T and neurons."""
    shown = group(parser, "what is searched")
    shown.add_argument("--supernet", type=str | None, default=None, help="folder of a trained supernet")
    shown.add_argument(
        "--space",
        type=str | None,
        default=None,
        help="name of a search space, or a TOML file of your own (default: the supernet's)",
    )
    shown.add_argument("--stem", type=str | None, default=None, help="what stands before its first slot")
    add_data_options(parser, default=None)
    add_neuron_options(parser, by_default=False)


def find_problem(options: Namespace) -> tuple[Problem, Supernet | None]:
    """Returns what the options of ``add_problem_options`` say is searched, and the supernet where one is given.

    Raises:
        InvalidInputError: Neither a supernet nor a space, or other ones than the supernet's.
    """
    from autosnn_ray.own_packages import search_spaces
    from autosnn_ray.problem import DEFAULT_TIMESTEPS, Problem
    from autosnn_ray.training import Supernet

    if options.supernet is None:
        if options.space is None:
            raise InvalidInputError(
                "what is to be searched? Give --supernet FOLDER (autosnn-ray train makes one), or --space and --data, "
                "such as --space digits_16 --data digits"
            )
        options.timesteps = options.timesteps or DEFAULT_TIMESTEPS
        if options.data is None:
            options.data = "digits"
            print("autosnn-ray: note: no --data was given: digits are searched", file=sys.stderr)
        space = search_spaces.load(options.space, stem=options.stem)
        return Problem(space, load_data(options), options.timesteps, neuron_settings(options)), None
    expected = search_spaces.load(options.space, stem=options.stem) if options.space else None
    supernet = Supernet.load(options.supernet, space=expected, timesteps=options.timesteps)
    data = load_data(options) if options.data is not None else None
    return supernet.problem(data, data_folder=options.data_folder), supernet


def add_evaluator_options(parser: ArgumentParser, by_default: str = "path, where there is a supernet") -> None:
    """Adds ``--evaluator.name``, for which ``--evaluator`` is short, and the settings of every evaluator."""
    known = "\n".join(f"  {name}: {kind.summary}" for name, kind in EVALUATORS.items())
    shown = group(parser, "evaluator", f"what finds out how good a candidate is:\n{known}")
    shown.add_argument(
        "--evaluator.name",
        type=str | None,
        default=None,
        metavar="NAME",
        help=f"which of them; short: --evaluator NAME (default: {by_default})",
    )
    for setting, users in _settings().items():
        names = ", ".join(name for name, _ in users)
        field = users[0][1]
        shown.add_argument(
            f"--evaluator.{setting}",
            type=_TYPES.get(_written(field.type), str | None),
            default=None,
            help=f"of {names} (default: {_defaults(users)})",
        )


_TYPES: dict[str, Any] = {
    "int": int | None,
    "int | None": int | None,
    "float": number,
    "bool": bool | None,
    "Mapping[str, Any] | None": dict[str, Any] | None,
}


def _written(annotation: Any) -> str:
    """Returns a field's type as it is written; a module may have it evaluated."""
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def given_evaluator(options: Namespace) -> dict[str, Any]:
    """Returns what was given of an evaluator: its ``name`` and settings. In a file the name may stand alone."""
    if isinstance(options.evaluator, str):
        return {"name": options.evaluator}
    return {name: value for name, value in options.evaluator.as_dict().items() if value is not None}


def chosen_evaluator(options: Namespace, supernet: Supernet | None) -> Evaluator:
    """Makes the evaluator that the options of ``add_evaluator_options`` name.

    Raises:
        InvalidInputError: No such evaluator, a setting that is another one's, or it needs a supernet.
    """
    given = given_evaluator(options)
    name = _today(str(given.pop("name", "path" if supernet is not None else "")))
    if not name:
        raise InvalidInputError(f"--evaluator: without --supernet, expected one of: {', '.join(_typed_alone())}")
    known = settings_of(name)
    if set(known) & set(_NOT_TYPED):
        raise InvalidInputError(
            f"--evaluator {name}: `autosnn-ray search` and `sweep` fit it first, and take no other setting of it than "
            f"--predictor-sample and --predictor-epochs; expected one of: {', '.join(_typed_alone())}"
        )
    for setting in given:
        if setting not in known:
            raise unknown_name(f"setting of evaluator {name}", f"--evaluator.{setting}", known or ["none"])
    return make_evaluator(name, supernet, **given)


def _typed_alone() -> list[str]:
    """Returns the evaluators that need neither a supernet nor what is fitted first."""
    kinds = {name: kind for name, kind in EVALUATORS.items() if not issubclass(kind, SupernetEvaluator)}
    return [name for name, kind in kinds.items() if not {one.name for one in fields(kind)} & set(_NOT_TYPED)]


def parse_evaluator(text: str, supernet: Supernet | None) -> Evaluator:
    """Reads an evaluator as it stands in a list: its name, then its settings.

    Args:
        text: Such as ``path`` or ``scratch,epochs=4,seed=1``.
        supernet: For those that use one.

    Raises:
        InvalidInputError: No such evaluator or setting, or a setting without a value.

    Example:
        >>> parse_evaluator("scratch,epochs=4,seed=1", None).settings["epochs"]
        4
    """
    name, settings = named_settings("evaluator", text)
    return make_evaluator(_today(name), supernet, **settings)


def named_settings(what: str, text: str) -> tuple[str, dict[str, Any]]:
    """Reads a name, and settings after it, each after a comma; a value that is no JSON is a text.

    Args:
        what: What it is, for the error.
        text: Such as ``scratch,epochs=4`` or ``maximize,measure=accuracy``.

    Raises:
        InvalidInputError: A setting without a value.

    Example:
        >>> named_settings("objective", "maximize,measure=accuracy")
        ('maximize', {'measure': 'accuracy'})
    """
    name, *parts = text.split(",")
    settings = {}
    for part in parts:
        key, mark, value = part.partition("=")
        if not mark:
            raise InvalidInputError(f"{what} {text!r}: expected settings as name=value, got {part!r}")
        try:
            settings[key.strip()] = json.loads(value)
        except ValueError:
            settings[key.strip()] = value
    return name.strip(), settings


def _today(name: str) -> str:
    return _FORMERLY.get(name, name)


def _settings() -> dict[str, list[tuple[str, Field[Any]]]]:
    """Returns every setting with the evaluators that have it."""
    found: dict[str, list[tuple[str, Field[Any]]]] = {}
    for name, kind in EVALUATORS.items():
        for field in fields(kind):
            if field.name != "supernet" and field.name not in _NOT_TYPED:
                found.setdefault(field.name, []).append((name, field))
    return found


def _defaults(users: list[tuple[str, Field[Any]]]) -> str:
    values = {name: "none" if field.default in (None, MISSING) else str(field.default).lower() for name, field in users}
    if len(set(values.values())) == 1:
        return next(iter(values.values()))
    return ", ".join(f"{value} ({name})" for name, value in values.items())
