"""Options that say what a search aims at, what it must keep, and what else is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.options import amount, group
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.measures import MAXIMIZE, MEASURES, Known, Measured

if TYPE_CHECKING:
    from autosnn_ray.objectives import Constraint, Goal


def add_constraint_options(parser: ArgumentParser) -> None:
    """Adds bounds on measures: ``--constraint``, and one option for each measure, in its own direction."""
    shown = group(parser, "goal")
    shown.add_argument(
        "--constraint",
        type=list[str],
        default=[],
        help="a bound that a candidate must keep, such as 'parameters<=50000' or 'accuracy>=0.5'; may be repeated. "
        f"Those on {', '.join(name for name, kind in MEASURES.items() if isinstance(kind, Known))} are known "
        "beforehand: what breaks them is not proposed",
    )
    for name, kind in MEASURES.items():
        unit = f", {kind.unit}" if kind.unit else ""
        shown.add_argument(
            _option(name), type=amount, default=None, help=f"short for a constraint{unit}: {kind.summary}"
        )


def _option(measure: str) -> str:
    bound = "min" if MEASURES[measure].direction == MAXIMIZE else "max"
    return f"--{bound}-{measure.replace('_', '-')}"


def add_measure_options(parser: ArgumentParser) -> None:
    """Adds what a search aims at in place of the fitness, what is measured besides, and what is taken over."""
    shown = group(parser, "goal")
    shown.add_argument(
        "--objective",
        type=list[str],
        default=[],
        help=f"what is aimed at in place of the fitness, each in its own direction: {', '.join(MEASURES)}; may be "
        "repeated, with fitness among them, and one of your own with its settings: mine,weight=2",
    )
    further = ", ".join(name for name, kind in MEASURES.items() if isinstance(kind, Measured))
    shown.add_argument(
        "--measure",
        type=list[str],
        default=[],
        help=f"what is measured of each candidate besides: {further}; may be repeated",
    )
    add_reuse_options(parser)


def add_reuse_options(parser: ArgumentParser) -> None:
    """Adds the option that names earlier runs."""
    group(parser, "goal").add_argument(
        "--reuse",
        type=list[str],
        default=[],
        help="an earlier run of the same problem and evaluator: what it evaluated is not evaluated again; may be "
        "repeated",
    )


def chosen_objectives(options: Namespace, default: Goal) -> Any:
    """Returns the objectives that the options of ``add_measure_options`` give, those of a goal where none."""
    return [_objective(text, default) for text in options.objective] or default.objectives


def _objective(text: str, default: Goal) -> Any:
    """Returns an objective, or the name of a measure."""
    from autosnn_ray.cli.evaluator_options import named_settings
    from autosnn_ray.objectives import OBJECTIVES, objective_from_dict
    from autosnn_ray.plugins import every

    name, settings = named_settings("objective", text)
    if name == "fitness" and not settings:
        return default.objectives[0]
    if name in every(OBJECTIVES) or settings:
        return objective_from_dict({**settings, "kind": name})
    return name


def chosen_constraints(options: Namespace) -> tuple[Constraint, ...]:
    """Returns the bounds that the options of ``add_constraint_options`` give."""
    from autosnn_ray.objectives import Constraint

    found = [parse_constraint(text) for text in options.constraint]
    for name in MEASURES:
        option = _option(name)
        value = options[option.removeprefix("--").replace("-", "_")]
        if value is not None:
            found.append(Constraint(name, **{"at_least" if option.startswith("--min") else "at_most": value}))
    return tuple(found)


def parse_constraint(text: str) -> Constraint:
    """Reads a bound as it is written on a command line.

    Args:
        text: Such as ``parameters<=50000`` or ``accuracy>=0.5``.

    Raises:
        InvalidInputError: It is no such thing.

    Example:
        >>> parse_constraint("parameters<=50000").at_most
        50000.0
    """
    from autosnn_ray.objectives import Constraint

    for sign, bound in (("<=", "at_most"), (">=", "at_least")):
        measure, mark, value = text.partition(sign)
        if mark:
            try:
                limit = float(value)
            except ValueError:
                break
            return Constraint(measure.strip(), **{bound: limit})
    raise InvalidInputError(f"--constraint: expected such as 'parameters<=50000' or 'accuracy>=0.5', got {text!r}")
