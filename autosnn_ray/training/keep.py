"""Trains an architecture from scratch into a folder: resumed where it was cut off, used again where it is there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autosnn_ray.errors import CheckpointError
from autosnn_ray.evaluation.evaluate import evaluate
from autosnn_ray.problem import Problem
from autosnn_ray.space import Architecture
from autosnn_ray.training.checkpoint import NETWORK_DESCRIPTION
from autosnn_ray.training.loop import OnStep
from autosnn_ray.training.scratch import Start
from autosnn_ray.training.settings import TrainSettings
from autosnn_ray.training.standalone import train_from_scratch
from autosnn_ray.training.state import STATE_FILE
from autosnn_ray.training.trained import TrainedNetwork


def train_and_keep(
    problem: Problem,
    architecture: str | Architecture,
    *,
    folder: str | Path | None,
    seed: int,
    settings: TrainSettings,
    described: Mapping[str, Any] | None = None,
    start: Start | None = None,
    on_step: OnStep | None = None,
    progress: bool | None = False,
) -> TrainedNetwork:
    """Trains an architecture as a network of its own and keeps it.

    Args:
        problem: Its space, T and neurons; trained on the training split of its data, measured on the validation split.
        architecture: One choice for each slot.
        folder: Where the network is kept; None to keep nothing.
        seed: What every random draw comes from.
        settings: How to train.
        described: What ``Dataset.describe`` said of the whole data set, where the problem's lacks its test split.
        start: Initial weights in place of drawn ones.
        on_step: Told of every training step.
        progress: Whether to show a bar; where None, if a terminal or a notebook is there.

    Returns:
        The network, or the one that the folder held.

    Raises:
        CheckpointError: The folder holds another network, a damaged one, or an unfinished training of another kind.
        TrainingDivergedError: The loss is not finite.
    """
    folder = None if folder is None else Path(folder)
    architecture = problem.space.parse(architecture)
    about = dict(problem.data.describe() if described is None else described)
    came_from = start.name if start else "scratch"
    if folder is not None and (folder / NETWORK_DESCRIPTION).exists():
        kept = TrainedNetwork.load(folder)
        wanted = {
            "space": problem.space.checksum,
            "architecture": architecture,
            "data": about["checksum"],
            "augmentation": "none",
            **problem.data.augmented,
            "seed": seed,
            "timesteps": problem.timesteps,
            "neuron": problem.neuron,
            "settings": settings,
            "start": came_from,
        }
        _refuse_other(folder, kept, wanted)
        return kept
    network = train_from_scratch(
        problem,
        architecture,
        seed=seed,
        settings=settings,
        folder=folder,
        on_step=on_step,
        progress=progress,
        start=start,
    )
    measured = evaluate(network, problem.data.validation, loss=settings.loss)
    trained = TrainedNetwork(network, about, settings, seed, measured, came_from)
    if folder is not None:
        trained.save(folder)
        (folder / STATE_FILE).unlink(missing_ok=True)
    return trained


def _refuse_other(folder: Path, kept: TrainedNetwork, wanted: Mapping[str, Any]) -> None:
    held = {
        "space": kept.space.checksum,
        "architecture": kept.architecture,
        "data": kept.data.get("checksum"),
        # Earlier versions did not say what black was: there it follows from the data.
        **{name: kept.data[name] for name in ("augmentation", "black") if name in kept.data},
        "seed": kept.seed,
        "timesteps": kept.network.timesteps,
        "neuron": kept.network.neuron,
        "settings": kept.training,
        "start": kept.start,
    }
    differing = [
        f"{name}: {there!r} there, {now!r} now" for name, now in wanted.items() if (there := held.get(name, now)) != now
    ]
    if differing:
        raise CheckpointError(f"{folder}: already holds another network ({'; '.join(differing)}); give another folder")
