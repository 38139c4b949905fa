"""Which measures a search takes, and which of its constraints say beforehand what is not worth an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from autosnn_ray.algorithms import AskTell
from autosnn_ray.algorithms.draws import LISTED_AT_MOST, MOST_DRAWS, some_of
from autosnn_ray.errors import InvalidInputError, unknown_name
from autosnn_ray.evaluators import Evaluator
from autosnn_ray.measures import BUILT_IN, MAXIMIZE, MEASURES, Evaluated, Known, Measurable, Measured
from autosnn_ray.objectives import Constraint, Goal, Maximize, Minimize, Objective
from autosnn_ray.plugins import every, find
from autosnn_ray.problem import Problem
from autosnn_ray.space import Architecture, format_architecture

Named = str | Measurable


def find_measures(given: Iterable[Named]) -> tuple[Measurable, ...]:
    """Finds measures by their names; one of the user's own may be given as it is.

    Raises:
        InvalidInputError: An unknown name, or one that is another measure's.
    """
    if isinstance(given, str | Measurable):
        given = (given,)
    found: dict[str, Measurable] = {}
    for one in given:
        if isinstance(one, str):
            found[one] = find("measure", one, MEASURES, "One of your own: asr.Measured(name, function).")
        elif not isinstance(one, Measurable):
            raise InvalidInputError(f"measures: expected names such as energy, or asr.Measured(…), got {one!r}")
        elif MEASURES.get(one.name, one) != one:
            raise InvalidInputError(f"measure {one.name}: is known already, as another; give yours another name")
        else:
            found[one.name] = one
    return tuple(found.values())


def taken_by(evaluator: Evaluator, needed: Iterable[str], asked: Sequence[Measurable]) -> dict[str, Measurable]:
    """Returns what is added to each evaluation beside all that is registered as known beforehand.

    Args:
        evaluator: What evaluates.
        needed: Measures that goal and algorithm name; those on a network are taken too.
        asked: Measures that were asked for.

    Raises:
        InvalidInputError: The evaluator finds none of that name, and offers no network to measure it on.
    """
    kinds = MEASURES | {one.name: one for one in asked}
    taken = {one.name: one for one in asked if not isinstance(one, Evaluated)}
    for name in (*needed, *(one.name for one in asked)):
        kind = kinds.get(name)
        if name in evaluator.finds or isinstance(kind, Known):
            continue
        is_measured = isinstance(kind, Measured)
        if is_measured and kind is not None and evaluator.has_network:
            taken[name] = kind
        elif evaluator.finds or (is_measured and name in taken):
            raise InvalidInputError(_cannot(name, evaluator, is_measured))
    return taken


def _cannot(name: str, evaluator: Evaluator, is_measured: bool) -> str:
    finds = f"finds {', '.join(evaluator.finds)}" if evaluator.finds else "finds what it returns"
    if is_measured and not evaluator.has_network:
        return (
            f"measure {name}: is taken on a candidate's network, and evaluator {evaluator.name} has none: it {finds}; "
            "take one that runs a network: --evaluator scratch, or --evaluator path with a supernet; in Python "
            "TrainFromScratch() or SupernetPath(supernet)"
        )
    known = ", ".join(one for one in MEASURES if one not in evaluator.finds)
    return f"measure {name}: evaluator {evaluator.name} {finds}; beside these there are {known}, and asr.Measured(…)"


def describe_measures(taken: Mapping[str, Measurable]) -> dict[str, Any]:
    """Returns the measures that a search asks for, as a journal holds them: the toolkit's own by name alone."""
    return {name: {} if BUILT_IN.get(name) == kind else kind.to_dict() for name, kind in taken.items()}


def described_measures(names: Iterable[str], given: Iterable[Named]) -> tuple[Measurable, ...]:
    """Finds the measures of a run that goes on.

    Args:
        names: What its journal names.
        given: The user's own among them, where they are not registered.

    Raises:
        InvalidInputError: One is missing.
    """
    own = {one.name: one for one in find_measures(given)}
    missing = [name for name in names if name not in own and name not in every(MEASURES)]
    if missing:
        raise InvalidInputError(
            f"measures: the run took {', '.join(missing)}, which is none of {', '.join(MEASURES)}; give it: "
            "resume(…, measures=[…])"
        )
    return tuple({**{name: MEASURES[name] for name in names if name not in own}, **own}.values())


def named_objective(name: str, default: Objective) -> Objective:
    """Makes an objective of a measure's name, in the measure's own direction; ``fitness`` is the default one.

    Raises:
        InvalidInputError: No such measure.

    Example:
        >>> named_objective("energy", Maximize("accuracy")), named_objective("accuracy", Maximize("accuracy"))
        (Minimize(measure='energy'), Maximize(measure='accuracy'))
    """
    if name == "fitness":
        return default
    if name not in MEASURES:
        raise unknown_name(
            "objective",
            name,
            ["fitness", *MEASURES],
            "Of one of your own: asr.Minimize(name), asr.Maximize(name).",
        )
    return Maximize(name) if MEASURES[name].direction == MAXIMIZE else Minimize(name)


@dataclass(frozen=True)
class Bounds:
    """The constraints of a search that problem and architecture alone decide.

    Attributes:
        problem: What is searched.
        bounds: Each constraint, with the measure that it bounds.
    """

    problem: Problem
    bounds: tuple[tuple[Constraint, Known], ...]

    @classmethod
    def of(cls, problem: Problem, goal: Goal, asked: Mapping[str, Measurable]) -> Bounds:
        """Picks them out of a goal."""
        kinds = MEASURES | dict(asked)
        found = [(one, kinds.get(one.measure)) for one in goal.constraints]
        return cls(problem, tuple((one, kind) for one, kind in found if isinstance(kind, Known)))

    @property
    def names(self) -> list[str]:
        """The measures that are bounded."""
        return sorted({kind.name for _, kind in self.bounds})

    def admits(self, architecture: Architecture) -> bool:
        """Says whether an architecture keeps them all."""
        return all(bound.missed_by(self._value(kind, architecture)) == 0 for bound, kind in self.bounds)

    def violation(self, architecture: Architecture) -> float:
        """Returns by how much an architecture misses them, as a search counts it."""
        return sum(bound.relative(self._value(kind, architecture)) for bound, kind in self.bounds)

    def restrict(self, state: AskTell) -> None:
        """Keeps a search from proposing what breaks them.

        Raises:
            InvalidInputError: Nothing keeps them; the text names what comes nearest.
        """
        if not self.bounds:
            return
        state.restrict(self.admits)
        if not state.restricted:
            return
        if self.problem.space.size <= LISTED_AT_MOST:
            if state.size == 0:
                raise self._nothing(self.problem.space.enumerate, "no architecture")
        elif not any(map(self.admits, some_of(self.problem.space))):
            drawn = partial(some_of, self.problem.space)
            raise self._nothing(drawn, f"of {MOST_DRAWS:,} architectures drawn none")

    def _value(self, kind: Known, architecture: Architecture) -> float:
        return kind.find(self.problem, architecture).value

    def _nothing(self, looked_at: Callable[[], Iterable[Architecture]], who: str) -> InvalidInputError:
        nearest = min(looked_at(), key=self.violation)
        values = ", ".join(f"{kind.name} {self._value(kind, nearest):,.6g}" for _, kind in self.bounds)
        return InvalidInputError(
            f"constraints: {who} of {self.problem.space.name} keeps "
            f"{' and '.join(one.text for one, _ in self.bounds)}; nearest is {format_architecture(nearest)} "
            f"with {values}, a violation of {self.violation(nearest):.3g}"
        )
