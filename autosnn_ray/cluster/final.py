"""The final of a search: its best are trained alone, again and again fewer of them for longer."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autosnn_ray.algorithms import RandomSearch
from autosnn_ray.cluster.rank import OnRun
from autosnn_ray.cluster.search import search
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators import make_evaluator
from autosnn_ray.journal import JOURNAL_FILE, read_journal
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.run import Run
from autosnn_ray.space import format_architecture
from autosnn_ray.training.supernet import Supernet


@dataclass(frozen=True)
class Round:
    """One round of a final.

    Attributes:
        finalists: How many architectures take part.
        epochs: How long each is trained alone, passes over the training split.
        seeds: How often each is trained.
    """

    finalists: int
    epochs: int
    seeds: int

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InvalidInputError(f"{name} of a round: expected a whole number of at least 1, got {value!r}")


def halving(finalists: int, *, epochs: int = 20, seeds: int = 3, rounds: int = 3) -> tuple[Round, ...]:
    """Plans a final: each round halves the architectures and doubles the epochs; the last trains several seeds.

    Example:
        >>> [(r.finalists, r.epochs, r.seeds) for r in halving(16)]
        [(16, 5, 1), (8, 10, 1), (4, 20, 3)]
    """
    steps = range(rounds - 1, -1, -1)
    return tuple(
        Round(max(1, finalists >> number), max(1, epochs >> step), 1 if step else seeds)
        for number, step in enumerate(steps)
    )


@dataclass(frozen=True)
class Finalist:
    """What came of an architecture in one round.

    Attributes:
        architecture: As written, ``srb_k5/skip/…``.
        round: The round, from 0.
        place: Its place in the round by mean fitness, from 1.
        fitness: Mean over the seeds.
        evaluations: One a seed, on the validation split.
        fitnesses: The fitness of each.
    """

    architecture: str
    round: int
    place: int
    fitness: float
    evaluations: tuple[Evaluation, ...] = field(repr=False)
    fitnesses: tuple[float, ...] = ()


def final(
    supernet: Supernet,
    data: Dataset,
    run: Run,
    *,
    rounds: Sequence[Round] = halving(16),
    also: Sequence[str] = (),
    address: str | None = None,
    num_cpus: int | None = None,
    on_run: OnRun | None = None,
    **per_candidate: Any,
) -> list[Finalist]:
    """Trains the best of a search alone, by successive halving, and declares the winner from the last round.

    Rounds are complete before the next begins, so that the result does not depend on who finishes first; each is
    kept under ``final/`` in the run's folder and used again when the same final is called for once more.

    Args:
        supernet: What was searched; space, T and neuron are used, no weights.
        data: Its data set; only training and validation samples are used.
        run: The search.
        rounds: Architectures, epochs and seeds of each round, as ``halving`` plans them.
        also: Architectures that take part in the first round whatever the search says, such as hand-made ones.
        address: Address of a Ray cluster; None starts Ray on this machine.
        num_cpus: CPUs of the Ray that is started; all where None.
        on_run: Told of every training run that begins.
        per_candidate: Resources of a candidate, as ``search`` takes them.

    Returns:
        Finalists of all rounds, the last round's first, the winner at the head.

    Raises:
        InvalidInputError: No round, or a search without any evaluated candidate.
    """
    if not rounds:
        raise InvalidInputError("rounds: expected at least one; halving(16) plans three")
    best = run.best(rounds[0].finalists)
    entered = list(dict.fromkeys([*also, *(str(name) for name in best["architecture"])]))
    if best.empty:
        raise InvalidInputError(f"{run.path}: no candidate has been evaluated: there is nothing to train")
    fitness = SpikeAwareFitness.from_dict(run.config()["objective"])
    found: list[Finalist] = []
    with ray_session(address, num_cpus):
        for number, plan in enumerate(rounds):
            entered = entered[: plan.finalists] if number else entered
            folders = []
            for seed in range(plan.seeds):
                folder = run.path / "final" / f"round_{number}" / f"seed_{seed}"
                title = f"round {number + 1} of {len(rounds)}, {plan.epochs} epochs, seed {seed}"
                search(
                    supernet,
                    data,
                    path=folder,
                    algorithm=RandomSearch(first=tuple(entered)),
                    candidates=len(entered),
                    exponent=fitness.exponent,
                    reference_spikes=fitness.reference_spikes,
                    evaluator=make_evaluator("alone", epochs=plan.epochs, seed=seed),
                    resume=(folder / JOURNAL_FILE).exists(),
                    on_told=on_run(title, len(entered)) if on_run else None,
                    **per_candidate,
                )
                folders.append(folder)
            placed = _place(number, folders, entered, fitness)
            found = placed + found
            entered = [finalist.architecture for finalist in placed]
    return found


def _place(number: int, folders: Sequence[Path], entered: Sequence[str], fitness: SpikeAwareFitness) -> list[Finalist]:
    """Sorts a round's architectures by mean fitness; those without an evaluation of every seed fall out."""
    seeds = [
        {format_architecture(architecture): found for architecture, found in read_journal(folder).evaluations.items()}
        for folder in folders
    ]
    rows: list[tuple[float, float, str, tuple[Evaluation, ...]]] = []
    for name in entered:
        if all(name in seed for seed in seeds):
            evaluations = tuple(seed[name] for seed in seeds)
            spikes = statistics.fmean(evaluation.spikes for evaluation in evaluations)
            rows.append((-statistics.fmean(map(fitness, evaluations)), spikes, name, evaluations))
    rows.sort(key=lambda row: row[:3])
    return [
        Finalist(name, number, place, -negative, evaluations, tuple(map(fitness, evaluations)))
        for place, (negative, _, name, evaluations) in enumerate(rows, start=1)
    ]


def describe(finalists: Sequence[Finalist]) -> list[dict[str, Any]]:
    """Returns finalists as plain values, a dictionary each, for JSON and frames."""
    return [
        {
            "round": finalist.round,
            "place": finalist.place,
            "architecture": finalist.architecture,
            "fitness": finalist.fitness,
            "fitness_low": min(finalist.fitnesses),
            "fitness_high": max(finalist.fitnesses),
            "accuracy": statistics.fmean(one.accuracy for one in finalist.evaluations),
            "accuracy_low": min(one.accuracy for one in finalist.evaluations),
            "accuracy_high": max(one.accuracy for one in finalist.evaluations),
            "spikes": statistics.fmean(one.spikes for one in finalist.evaluations),
            "seconds": sum(one.seconds for one in finalist.evaluations),
            "seeds": len(finalist.evaluations),
        }
        for finalist in finalists
    ]
