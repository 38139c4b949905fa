"""Retraining: chosen architectures trained from scratch with several seeds, each network kept with its model card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autosnn_ray.cards import network_folder
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import CheckpointError, InvalidInputError
from autosnn_ray.evaluators import Evaluator, TrainFromPath, TrainFromScratch
from autosnn_ray.journal import read_journal
from autosnn_ray.objectives import Goal
from autosnn_ray.problem import Problem
from autosnn_ray.profiles import EnergyModel
from autosnn_ray.progress import OnRun, run_bar
from autosnn_ray.runs.batches import Batch, evaluate_all
from autosnn_ray.runs.executors import Executor, OpenExecutor
from autosnn_ray.runs.run import Retraining
from autosnn_ray.space import SearchSpace
from autosnn_ray.spiking.neurons import NeuronSettings
from autosnn_ray.training.card import write_card
from autosnn_ray.training.checkpoint import NETWORK_DESCRIPTION
from autosnn_ray.training.settings import TrainSettings
from autosnn_ray.training.supernet import Supernet

FRESH_SEED = 100
"""Another than those of halving (0, 1 …) and predictors (10): no winner is confirmed by the trainings that chose it."""

HAND_MADE = "hand_made"
"""Folder of the runs of hand-made networks, in that of a retraining."""


def retrain(
    problem: Problem,
    architectures: Sequence[str | Sequence[str]],
    *,
    path: str | Path,
    seeds: int = 3,
    settings: TrainSettings | None = None,
    supernet: Supernet | None = None,
    hand_made: Sequence[SearchSpace] = (),
    hand_made_neuron: NeuronSettings | None = None,
    goal: Goal | None = None,
    energy_model: EnergyModel | None = None,
    seed: int = FRESH_SEED,
    executor: Executor | OpenExecutor | None = None,
    on_run: OnRun | None = None,
    progress: bool | None = None,
) -> Retraining:
    """Trains architectures from scratch, each with several seeds, side by side; then looks once at the test samples.

    Nothing is selected by test samples: the weights are those of the last epoch, every seed is reported, and
    architectures are ordered by their worth on the validation split. When all trainings are done, each network is
    measured on the test split, once; its model card keeps what was seen. The same call goes on where it was cut off,
    in the midst of a training too.

    Args:
        problem: Space, data with their test samples, T and neurons.
        architectures: What is trained, such as ``analysis.best_known("runs/first", 3)``: of those that the search
                trained at its end, the best first.
        path: Where the run is kept: journal, networks with their cards.
        seeds: Trainings of each.
        settings: How to train; the defaults of ``TrainSettings`` where None.
        supernet: Where it is given, trainings start from the weights of its paths.
        hand_made: Spaces without a slot, trained and measured beside, from scratch.
        hand_made_neuron: Their neurons' settings; the problem's where None.
        goal: What the networks are ordered by; the fitness where None.
        energy_model: Energy of the operations; the field's 45 nm figures where None.
        seed: Seed of each architecture's first training; the next have the numbers that follow.
        executor: Where; Ray started on this machine where None.
        on_run: Is called with every run that begins.
        progress: Whether to show a bar; where None, if a terminal or a notebook is there.

    Returns:
        The retraining; ``frame()`` has a row for each architecture and seed, ``summary()`` one for each architecture.

    Raises:
        InvalidInputError: Nothing to train, or a value that is not what is needed.
        JournalError: What is there was made with other settings.
        CheckpointError: A network is not where this process can read it.
    """
    path, settings = Path(path), settings or TrainSettings()
    how: dict[str, Any] = {"epochs": settings.epochs, "seed": seed, "keep": True, "training": settings.to_dict()}
    scratch = TrainFromScratch(**how)
    first: Evaluator = scratch if supernet is None else TrainFromPath(supernet, **how)
    jobs = [(problem, first, list(architectures), path)] if architectures else []
    for space in hand_made:
        if space.slots:
            raise InvalidInputError(f"hand_made: expected a space without slots, got {space.name!r}")
        beside = replace(problem, space=space, neuron=hand_made_neuron or problem.neuron)
        jobs.append((beside, scratch, [""], path / HAND_MADE / space.name))
    if not jobs:
        raise InvalidInputError("architectures: expected at least one to train, or a hand-made network")
    with run_bar(progress=progress, then=on_run) as told:
        batches = [
            Batch.of(
                one,
                evaluator,
                names,
                path=folder,
                repetitions=seeds,
                goal=goal,
                on_result=told(f"retraining, {one.space.name}", len(names) * seeds) if told else None,
            )
            for one, evaluator, names, folder in jobs
        ]
        evaluate_all(batches, executor=executor)
    for *_, folder in jobs:
        _write_cards(folder, problem.data, seed, energy_model)
    return Retraining(path)


def _write_cards(folder: Path, data: Dataset, seed: int, energy_model: EnergyModel | None) -> None:
    """Writes the card of every network that a run has trained."""
    for ask, _ in read_journal(folder).told:
        kept = network_folder(folder, ask.architecture, seed + ask.repetition)
        if not (kept / NETWORK_DESCRIPTION).exists():
            raise CheckpointError(
                f"{kept}: expected a trained network: it was kept on another machine, or removed. On a cluster, "
                "the run's folder must be one that all nodes see (--storage)"
            )
        write_card(kept, data, energy_model=energy_model, look_at_test=True)
