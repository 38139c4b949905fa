"""A training from scratch that is driven an epoch at a time, and may be saved, moved and gone on with between two."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from autosnn_ray.errors import CheckpointError
from autosnn_ray.evaluation.evaluate import evaluate
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.problem import Problem
from autosnn_ray.space import Architecture
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.training.loop import Epoch, OnStep, train_epochs
from autosnn_ray.training.settings import TrainSettings
from autosnn_ray.training.state import STATE_FILE, TrainingState
from autosnn_ray.training.step import new_optimizer


@dataclass(frozen=True)
class Start:
    """Initial weights that are not drawn.

    Attributes:
        name: What they are, such as ``supernet`` and its checksum; a training that goes on must have the same.
        apply: Changes a new network's weights.
    """

    name: str
    apply: Callable[[SpikingNetwork], object]


class ScratchTraining:
    """Trains an architecture as a network of its own, an epoch at a time.

    Args:
        problem: Its space, T and neurons; trained on the training split of its data alone.
        architecture: One choice for each slot.
        seed: What every random draw comes from.
        settings: How to train.
        folder: Where a training that was cut off is gone on with; None to keep nothing but what ``save`` saves.
        on_step: Told of every training step.
        start: Initial weights in place of drawn ones.

    Attributes:
        network: The network.
        done: Epochs that are done, once one was trained here.
    """

    def __init__(
        self,
        problem: Problem,
        architecture: str | Architecture,
        *,
        seed: int = 0,
        settings: TrainSettings | None = None,
        folder: str | Path | None = None,
        on_step: OnStep | None = None,
        start: Start | None = None,
    ) -> None:
        self.problem, self.seed, self.settings = problem, seed, settings or TrainSettings()
        self.architecture = problem.space.parse(architecture)
        self._what = {**problem.parts, "architecture": self.architecture}
        self._on_step = on_step
        self._at: Epoch | None = None
        self._loaded: tempfile.TemporaryDirectory[str] | None = None
        self.network = problem.network(torch.Generator().manual_seed(seed), self.architecture)
        if start is not None:
            start.apply(self.network)
        self.done, state = 0, None
        if folder is not None:
            how = {"seed": seed, "settings": self.settings.to_dict(), "start": start.name if start else "scratch"}
            state = TrainingState(Path(folder), self._what | how)
        self._epochs = self._train(state)

    def _train(self, state: TrainingState | None) -> Iterator[Epoch]:
        return train_epochs(
            self.network,
            self.problem.data,
            self.settings,
            seed=self.seed,
            draw_paths=lambda _: [None],
            state=state,
            on_step=self._on_step,
        )

    def step(self) -> bool:
        """Trains the next epoch; False where all are done."""
        found = next(self._epochs, None)
        if found is None:
            self.done = self.settings.epochs
            return False
        self._at, self.done = found, found.done
        return True

    def measure(self) -> Evaluation:
        """Evaluates the network, as it is now, on the validation split."""
        return evaluate(self.network, self.problem.data.validation, loss=self.settings.loss)

    def save(self, folder: str | Path) -> None:
        """Saves weights, optimiser and epoch into a folder, so that ``load`` goes on exactly from here."""
        folder = Path(folder)
        if self._at is None and self._loaded is not None:  # loaded, and no epoch trained since
            shutil.copy(Path(self._loaded.name) / STATE_FILE, folder / STATE_FILE)
            return
        optimizer = self._at.optimizer if self._at else new_optimizer(self.network)
        TrainingState(folder, self._what).save(self.network, optimizer, self.done, last=True)

    def load(self, folder: str | Path) -> None:
        """Goes on from what ``save`` saved, by this training's own settings and seed; the next step reads it.

        The folder may be gone by then. With the settings and seed of the training that was saved, what follows is what
        would have followed there.

        Raises:
            CheckpointError: Nothing was saved there. The next ``step`` raises it where what was saved is damaged, or of
                another problem or architecture.
        """
        path = Path(folder) / STATE_FILE
        if not path.is_file():
            raise CheckpointError(f"{path}: no such file; expected the checkpoint of a training")
        self._loaded = tempfile.TemporaryDirectory(prefix="autosnn-ray-")
        shutil.copy(path, self._loaded.name)
        self._at = None
        self._epochs = self._train(TrainingState(Path(self._loaded.name), self._what))
