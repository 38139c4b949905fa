"""A Trainable for a Tuner of the user's own: trains an architecture from scratch, an epoch a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import torch
from ray import tune

from autosnn_ray.allocator import keep_freed_memory
from autosnn_ray.checks import check_whole
from autosnn_ray.cluster.metrics import architecture_of, metrics_of
from autosnn_ray.errors import unknown_name
from autosnn_ray.objectives import Goal, Objective, SpikeAwareFitness
from autosnn_ray.problem import Problem
from autosnn_ray.space import SearchSpace
from autosnn_ray.training.scratch import ScratchTraining
from autosnn_ray.training.settings import TrainSettings
from autosnn_ray.training.trained import TrainedNetwork

_SETTINGS = [field.name for field in fields(TrainSettings)]


def trainable(
    problem: Problem,
    *,
    settings: TrainSettings | None = None,
    seed: int = 0,
    objectives: Goal | Objective | Sequence[Objective] | None = None,
    cpus: int = 1,
    gpus: float = 0,
) -> Any:
    """Makes what ``ray.tune.Tuner`` trains: an architecture from scratch, an epoch a step.

    A trial's configuration holds the architecture, as ``architecture`` (``"srb_k5/skip"`` or a list) or one key a slot
    (``slot_0`` …, see ``slot_choices``); and, where they are to differ between trials, settings of the training by
    their names in ``TrainSettings``, and ``seed``. Each step's metrics are ``accuracy``, ``spikes`` and ``loss`` on the
    validation split, ``parameters``, ``fitness`` (or what the objectives are called), and ``epoch``, from 1. The trial
    ends after ``epochs``, or earlier where a scheduler says so.

    Checkpoints hold the training as it is: one that goes on from a checkpoint ends with the weights of an undisturbed
    one; under population-based training it goes on with the new settings. A checkpoint's folder is a network's too:
    ``TrainedNetwork.load`` and ``autosnn-ray inspect`` open it. Nothing in it is unpickled.

    Args:
        problem: Space, data, T and neurons; its test samples are left behind.
        settings: How to train, where a configuration does not say.
        seed: What every random draw of a training comes from, where a configuration does not say.
        objectives: What is reported beside the measures; the spike-aware fitness where None.
        cpus: CPUs, and threads, of a trial.
        gpus: GPUs of a trial; a fraction lets several share one.

    Returns:
        The Trainable, for ``ray.tune.Tuner``.

    Raises:
        InvalidInputError: Less than one CPU, or no objectives.
    """
    check_whole("cpus", cpus)
    goal = Goal.of(SpikeAwareFitness() if objectives is None else objectives)
    given = {
        "problem": problem.without_test(),
        "described": problem.data.describe(),
        "defaults": {**(settings or TrainSettings()).to_dict(), "seed": seed},
        "goal": goal,
        "threads": cpus,
        "device": "cuda" if gpus else "cpu",
    }
    return tune.with_resources(tune.with_parameters(TrainArchitecture, given=given), {"cpu": cpus, "gpu": gpus})


def slot_choices(space: SearchSpace) -> dict[str, Any]:
    """Returns a ``param_space`` of a space's slots: ``slot_0``, ``slot_1`` …, each a ``tune.choice``.

    Example:
        >>> import search_spaces
        >>> slot_choices(search_spaces.load("digits_16"))["slot_0"].categories
        ['skip', 'scb_k3', 'scb_k5', 'srb_k3', 'srb_k5']
    """
    return {f"slot_{position}": tune.choice(list(slot.choices)) for position, slot in enumerate(space.slots)}


class TrainArchitecture(tune.Trainable):
    """Trains an architecture from scratch, an epoch a step; ``trainable`` makes it for a problem."""

    def setup(self, config: dict[str, Any], given: Mapping[str, Any] | None = None) -> None:
        """Takes samples from the object store, and begins."""
        if given is None:
            raise TypeError("TrainArchitecture needs a problem: use autosnn_ray.trainable(problem)")
        torch.set_num_threads(given["threads"])
        keep_freed_memory()
        self._given = given
        self._problem: Problem = given["problem"].on(given["device"])
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Begins another training: in the same process for the next trial, or before a checkpoint is loaded."""
        known = ("architecture", "seed", *_SETTINGS, *slot_names(self._problem.space))
        for name in new_config:
            if name not in known:
                raise unknown_name("entry of a trial's configuration", name, known)
        how = self._given["defaults"] | {name: new_config[name] for name in ("seed", *_SETTINGS) if name in new_config}
        architecture = architecture_of(new_config, self._problem.space)
        self._training = ScratchTraining(
            self._problem, architecture, seed=int(how["seed"]), settings=TrainSettings.from_dict(how)
        )
        return True

    def step(self) -> dict[str, Any]:
        """Trains an epoch and evaluates the network on the validation split."""
        training = self._training
        training.step()
        parameters = {"parameters": self._problem.parameters(training.architecture)}
        self._found = training.measure()
        metrics = metrics_of(self._found, self._given["goal"])
        return {**parameters, **metrics, "epoch": training.done, "done": training.done >= training.settings.epochs}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Saves the training, and the network as it is now."""
        training = self._training
        training.save(checkpoint_dir)
        if training.done:
            about, how = self._given["described"], training.settings
            TrainedNetwork(training.network, about, how, training.seed, self._found).save(checkpoint_dir)

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Goes on from what ``save_checkpoint`` saved, this trial's own or another's."""
        self._training.load(str(checkpoint))


def slot_names(space: SearchSpace) -> list[str]:
    """Returns what a space's slots are called in a configuration."""
    return [f"slot_{position}" for position in range(len(space.slots))]
