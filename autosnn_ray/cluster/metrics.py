"""What Ray Tune's schedulers, searchers and loggers get to see of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import Goal
from autosnn_ray.space import Architecture, SearchSpace, format_architecture


def metrics_of(evaluation: Evaluation, goal: Goal) -> dict[str, float]:
    """Returns the measures by name, what the objectives that are no measure make of them, and the violation.

    Example:
        >>> from autosnn_ray.objectives import SpikeAwareFitness
        >>> metrics_of(Evaluation.measured(accuracy=0.9, spikes=500.0), Goal((SpikeAwareFitness(500.0),)))
        {'accuracy': 0.9, 'spikes': 500.0, 'fitness': 0.9}
    """
    found = {name: evaluation[name] for name in evaluation}
    for objective in goal.objectives:
        found.setdefault(objective.label, objective(evaluation))
    if goal.constraints:
        found.setdefault("violation", goal.judge(evaluation).violation)
    return found


def slots_of(architecture: Architecture) -> dict[str, str]:
    """Returns an architecture as a configuration of Tune's: as a text, and one key a slot."""
    slots = {f"slot_{position}": choice for position, choice in enumerate(architecture)}
    return {"architecture": format_architecture(architecture), **slots}


def architecture_of(config: Mapping[str, Any], space: SearchSpace) -> Architecture:
    """Reads the architecture of a configuration: ``architecture`` (a text or a list), or one key a slot, or both.

    Raises:
        InvalidInputError: Neither, a part of the slots, both and they differ, or no architecture of the space.
    """
    names = [f"slot_{position}" for position in range(len(space.slots))]
    given = [name for name in names if name in config]
    if given and given != names:
        lacking = ", ".join(name for name in names if name not in config)
        raise InvalidInputError(f"config: expected one choice for each slot of {space.name}, but {lacking} is missing")
    if "architecture" not in config and not given and names:
        raise InvalidInputError(
            f"config: expected 'architecture', or {', '.join(names)}, such as in param_space=slot_choices(space), "
            f"got {', '.join(map(str, config)) or 'nothing'}"
        )
    found = space.parse(config.get("architecture", [config[name] for name in given]))
    by_slot = space.parse([config[name] for name in given]) if given else found
    if by_slot != found:
        raise InvalidInputError(
            f"config: 'architecture' says {format_architecture(found)}, the slots {format_architecture(by_slot)}; "
            "give one of both"
        )
    return found
