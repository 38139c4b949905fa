"""The laws of a search algorithm that is replayed from a journal, and goes on."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from autosnn_ray.algorithms import AskTell, replay
from autosnn_ray.evaluations import Failure
from autosnn_ray.journal import Ask, Event, Fail, Tell
from autosnn_ray.space import SearchSpace
from autosnn_ray.testing.algorithm_case import AlgorithmCase
from autosnn_ray.testing.laws import require
from autosnn_ray.testing.searches import evaluate, run


def a_journal_brings_it_back(case: AlgorithmCase) -> None:
    """Replaying any beginning of a search gives the state it was in."""
    _, events = run(
        case.start(45), lambda one: evaluate(one.architecture) if one.index % 5 else Failure("now and then")
    )
    for cut in range(len(events) + 1):
        state = case.start(45)
        replay(state, events[:cut])
        told = {event.index for event in events[:cut] if isinstance(event, Tell | Fail)}
        asked = [event.index for event in events[:cut] if isinstance(event, Ask)]
        pending = [candidate.index for candidate in state.pending]
        require(pending == [index for index in asked if index not in told], f"after {cut} events {pending} are pending")
        replay(state, events[cut:])
        require(state.done, f"replayed in two parts, cut after {cut} events, it is not at its end")


def stopped_half_way_it_goes_on_as_if_it_had_not_been(case: AlgorithmCase) -> None:
    """Where it says that it resumes exactly, a search that is replayed proposes what the undisturbed one did."""
    if case.make(case.space, 80, 0).resumes != "exactly":
        return
    _, events = run(
        case.start(80), lambda one: evaluate(one.architecture) if one.index % 5 else Failure("now and then")
    )
    for cut in (len(events) // 3, len(events) // 2, len(events) - 3):
        state = case.start(80)
        replay(state, events[:cut])
        go_on(state, events[cut:])


def go_on(state: AskTell, events: Iterable[Event]) -> None:
    """Goes on as a search did, and holds every further proposal against that search's."""
    for event in events:
        if isinstance(event, Ask):
            found = state.ask()
            proposed = None if found is None else (found.index, found.architecture, found.origin, found.parents)
            undisturbed = (event.index, event.architecture, event.origin, event.parents)
            require(proposed == undisturbed, f"stopped, it proposes {proposed}, the undisturbed one {undisturbed}")
        elif isinstance(event, Tell | Fail):
            state.tell(event.index, event.evaluation if isinstance(event, Tell) else Failure(event.reason))
    require(state.done, "stopped, and gone on as the undisturbed one, it is not at its end")


def an_extended_search_is_the_whole_one(
    case: AlgorithmCase, parts: Iterable[tuple[int, int]] = ((7, 70), (45, 60), (40, 41), (30, 400))
) -> None:
    """With one worker, a search that is extended goes on as one that was asked for more from the start."""
    for before, after in parts:
        extends_as(case, before, min(after, case.most), case.space)


def extends_as(
    case: AlgorithmCase, before: int, after: int, space: SearchSpace, order: int = 0, workers: int = 1
) -> None:
    """Extends a search of some workers, whose results come in an order of a seed, to the whole one of one worker."""
    rng = np.random.default_rng(order)
    whole, _ = run(case.start(after, space=space), workers=1)
    first, events = run(case.start(before, space=space), rng=rng, workers=workers)
    extended = case.start(after, space=space)
    replay(extended, events)
    rest, _ = run(extended, rng=rng, workers=workers)
    require(first + rest == whole, f"{before} candidates extended to {after} are others than {after} at once")
