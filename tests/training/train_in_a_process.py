"""Trains the tiny supernet into the folder given; started, and killed, by test_resume."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

import search_spaces
from autosnn_ray.data import load_dataset
from autosnn_ray.problem import Problem
from autosnn_ray.training import TrainSettings, train_supernet


def main(space: str, folder: str, sampling: str, workers: str = "1", epochs: str = "4") -> None:
    torch.set_num_threads(int(workers))

    def on_step(progress) -> None:
        print(f"step {progress.step}", flush=True)

    train_supernet(
        Problem(search_spaces.load(space), load_dataset("digits"), timesteps=2),
        settings=TrainSettings(epochs=int(epochs), batch_size=64, learning_rate=1e-2),
        sampling=sampling,
        folder=Path(folder),
        workers=int(workers),
        on_step=on_step,
        save_every_seconds=0.0,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
