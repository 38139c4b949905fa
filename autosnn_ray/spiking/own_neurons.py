"""Neurons of a user's own: Norse's activation steps and cells, by a name that settings can hold.

A name that a file says is never imported. It stands for what the user has registered in this process, or has named in
the environment variable ``AUTOSNN_RAY_NEURONS``, which processes started from here inherit.
"""

from __future__ import annotations

import copy
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.own_code import Entry, file, import_own
from autosnn_ray.plugins import every
from autosnn_ray.spiking.norse import SNN, SNNRecurrent, SNNRecurrentCell
from autosnn_ray.spiking.recording import is_recorded
from autosnn_ray.spiking.steps import Step

VARIABLE = "AUTOSNN_RAY_NEURONS"
"""Names ``module:attribute``, with commas between, that may be imported when a network asks for them."""


@dataclass(frozen=True)
class OwnNeuron:
    """What stands in for our recurrence: one of the two is there.

    Attributes:
        step: A Norse activation over a ``LIFBoxFeedForwardState``; gets ``LIFBoxParameters`` of the settings, dt 1.
        make: Makes a layer's cell, ``(x, state) -> (spikes, state)``, with parameters and states of its own.
    """

    step: Step | None = None
    make: Callable[[], nn.Module] | None = None

    def cell(self) -> nn.Module | None:
        """Makes a cell, with values even where networks are built without memory."""
        if self.make is None:
            return None
        with torch.device("cpu"):
            return self.make()


def check_spikes(name: str, spikes: Tensor) -> None:
    """Refuses what a neuron of one's own gives if it is no spikes: it would be counted as such.

    Raises:
        InvalidInputError: Something other than 0 and 1.
    """
    if not is_recorded() and bool(((spikes != 0) & (spikes != 1)).any()):
        raise InvalidInputError(f"{name}: expected spikes, 0 or 1, from a neuron of one's own, got other numbers")


OWN_NEURONS: dict[str, OwnNeuron] = {}
"""Neurons of a user's own by name; filled by ``asr.register(…, kind="neuron")``."""


def own_neuron(given: Any) -> OwnNeuron:
    """Takes a step, a cell, or what makes a cell without arguments, such as the cell's class.

    Raises:
        InvalidInputError: Something else, or a module that runs over time or feeds back.
    """
    if isinstance(given, SNN | SNNRecurrent | SNNRecurrentCell):
        raise InvalidInputError(
            f"neuron: expected a cell of single steps without recurrence, such as norse.torch.LIFCell, got "
            f"{type(given).__name__}; time is run here"
        )
    if isinstance(given, nn.Module):
        return OwnNeuron(make=lambda: copy.deepcopy(given))
    if not callable(given):
        raise InvalidInputError(f"neuron: expected a Norse step, a cell, or what makes one, got {type(given).__name__}")
    try:
        inspect.signature(given).bind()
    except TypeError as error:
        if not inspect.isclass(given):
            return OwnNeuron(step=given)
        raise InvalidInputError(
            f"neuron: expected what makes a cell without arguments, got {given.__name__}: {error}; give one made"
        ) from error

    def make() -> nn.Module:
        made = own_neuron(given())
        cell = made.make() if made.make is not None else None
        if cell is None:
            raise InvalidInputError(f"neuron: expected {given!r} to make a cell")
        return cell

    return OwnNeuron(make=make)


def find_own(name: str) -> OwnNeuron | None:
    """Returns a neuron of the user's own by name; None where nobody gave one of that name."""
    if name not in OWN_NEURONS and name in os.environ.get(VARIABLE, "").split(","):
        import_neuron(name)
    return OWN_NEURONS.get(name) or every(OWN_NEURONS).get(name)


def import_neuron(name: str) -> None:
    """Imports ``module:attribute`` and registers it; only for names that the user gave, never for one out of a file.

    Raises:
        InvalidInputError: No such module or attribute.
    """
    module, _, attribute = name.partition(":")
    try:
        with torch.device("cpu"):  # networks are built without memory: a module's own tensors must not be
            given = getattr(import_own(module, "--neuron"), attribute)
    except (AttributeError, InvalidInputError) as error:
        raise InvalidInputError(
            f"neuron {name!r}: expected MODULE:NAME of a step or a cell that Python can import: {error}"
        ) from error
    lines = ((f"{__name__}:OWN_NEURONS", name, own_neuron(given)),)
    file(Entry("neuron", name, (module, attribute), lines, travels=True))


def allow_neuron(name: str) -> None:
    """Imports a neuron that the user named, and lets processes that are started from here do so."""
    import_neuron(name)
    names = [one for one in os.environ.get(VARIABLE, "").split(",") if one]
    os.environ[VARIABLE] = ",".join(dict.fromkeys([*names, name]))
