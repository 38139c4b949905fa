"""Trains a supernet and measures what its paths are worth."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from autosnn_ray.errors import InvalidInputError, UntrainedSupernetWarning, unknown_name
from autosnn_ray.problem import Problem
from autosnn_ray.progress import console, is_shown, training_bar
from autosnn_ray.spiking.threads import limited_threads
from autosnn_ray.training.checkpoint import DESCRIPTION, pack
from autosnn_ray.training.group import Group
from autosnn_ray.training.helpers import Helpers, share_threads
from autosnn_ray.training.loop import DrawPaths, OnStep, train_epochs
from autosnn_ray.training.path_statistics import PathStatistics, measure_paths
from autosnn_ray.training.paths import PATH_SAMPLERS
from autosnn_ray.training.settings import TrainSettings
from autosnn_ray.training.state import TrainingState
from autosnn_ray.training.supernet import Supernet


def train_supernet(
    problem: Problem,
    *,
    seed: int = 0,
    settings: TrainSettings | None = None,
    sampling: str = "strict",
    folder: str | Path | None = None,
    on_step: OnStep | None = None,
    progress: bool | None = None,
    save_every_seconds: float = 10.0,
    workers: int | None = None,
    say: Callable[[str], object] | None = None,
    group: Group | None = None,
) -> Supernet:
    """Trains one network that holds every architecture of a space.

    Args:
        problem: Trained on the training split of its data; paths are measured on its validation split.
        seed: What every random draw comes from; same seed and machine, same weights.
        settings: How to train.
        sampling: Key of ``PATH_SAMPLERS``: how a step's paths are drawn.
        folder: Where the supernet is saved, and a training that was cut off is gone on with; None to keep
            it in memory alone.
        on_step: Told of every training step.
        progress: Whether to show a bar; where None, if a terminal or a notebook is there.
        save_every_seconds: How often the unfinished training is saved.
        workers: Processes of this machine that train it together, by shares of the paths of a step, then of the batch.
            Where None, PyTorch's threads are shared out to as many as a step has paths, once a training is seen to
            last: weights do not depend on whether. With 1 this process alone trains, with all of these threads.
        say: Is told in one line how many processes train, and why; printed where there is a bar, if None.
        group: Processes that are there already, seen by the first of them; see ``train_on_ray``.

    Returns:
        The supernet, in evaluation mode, with the reference spikes measured.

    Raises:
        InvalidInputError: A setting is not what it must be, the space has no slots, or the folder already
            holds a supernet.
        TrainingDivergedError: The loss is not finite.
        AutoSNNError: Another process has ended.

    Warns:
        UntrainedSupernetWarning: The paths are no better than chance.
    """
    settings = settings or TrainSettings()
    if sampling not in PATH_SAMPLERS:
        raise unknown_name("sampling", sampling, PATH_SAMPLERS)
    problem.space.require_slots("a supernet")
    network = problem.network(torch.Generator().manual_seed(seed))
    state = None
    if folder is not None:
        folder = Path(folder)
        refuse_finished(folder)
        identity = _identity(problem, seed, settings, sampling)
        state = TrainingState(folder, identity, every_seconds=save_every_seconds)
    sampler = PATH_SAMPLERS[sampling]
    draw_paths: DrawPaths = lambda rng: sampler(problem.space, rng)  # noqa: E731
    how: dict[str, Any] = {"seed": seed, "draw_paths": draw_paths, "state": state, "group": group}
    share = share_threads(
        workers, len(draw_paths(np.random.default_rng(0))), is_free=_is_free(problem, settings, group)
    )
    said = say or (console.print if is_shown(progress) else None)
    with limited_threads(share.threads):
        with (
            training_bar("supernet", progress=progress, then=on_step) as told,
            Helpers(share, at_once=workers is not None, say=said) as helpers,
        ):
            for _ in train_epochs(network, problem.data, settings, on_step=told, helpers=helpers, **how):
                pass
        network.to("cpu").eval().requires_grad_(False)
        measured = measure_paths(network, problem.data, settings.loss, seed)
    supernet = Supernet(
        network=network,
        data=problem.data.describe(),
        sampling=sampling,
        training=settings,
        seed=seed,
        paths=measured,
        weights_checksum=hashlib.sha256(pack(network)).hexdigest(),
    )
    if folder is not None and state is not None:
        supernet.save(folder)
        state.discard()
    warn_if_untrained(supernet.paths)
    return supernet


def _is_free(problem: Problem, settings: TrainSettings, group: Group | None) -> bool:
    """Says whether more processes may be started though nobody said so: each takes what memory this one takes."""
    return group is None and settings.memory is None and problem.data.train.x.device.type == "cpu"


def _identity(problem: Problem, seed: int, settings: TrainSettings, sampling: str) -> dict[str, Any]:
    return {**problem.parts, "seed": seed, "settings": settings.to_dict(), "sampling": sampling}


def refuse_finished(folder: Path) -> None:
    """Refuses a folder that holds a supernet."""
    if (folder / DESCRIPTION).exists():
        raise InvalidInputError(
            f"{folder}: already holds a supernet; give another folder, or load it with Supernet.load"
        )


def warn_if_untrained(paths: PathStatistics) -> None:
    """Warns where the paths are no better than chance: a search would rank noise."""
    if not paths.better_than_chance:
        warnings.warn(
            f"the supernet has not learned: its paths' median validation accuracy is {paths.accuracy_median:.3f}, "
            f"guessing reaches {paths.chance:.3f}. A search over it would rank noise: train for more epochs, "
            "or with another learning rate",
            UntrainedSupernetWarning,
            stacklevel=3,
        )
