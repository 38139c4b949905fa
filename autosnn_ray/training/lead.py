"""How the first process leads the others: it draws batches and paths, and hands them out; they follow.

The others need neither samples nor seed nor folder: what they get is numbers, and JSON that describes the network.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import torch
from safetensors.torch import load
from torch import Tensor

from autosnn_ray.training.balance import PathCosts, deal_out
from autosnn_ray.training.checkpoint import build_described, describe_network
from autosnn_ray.training.group import Group
from autosnn_ray.training.memory import MemoryPlan
from autosnn_ray.training.settings import TrainSettings
from autosnn_ray.training.state import pack_training, unpack_training
from autosnn_ray.training.step import Path, Stepper, Work, new_optimizer

_SAMPLE_TYPES = {str(dtype): dtype for dtype in (torch.float32, torch.float64, torch.uint8)}


class Lead:
    """Runs a training's steps from the first process, alone or with others that ``follow``.

    Leaving it as a context tells these that it is over.

    Args:
        stepper: Runs this process's share.
        samples: What batches are taken from.
    """

    def __init__(self, stepper: Stepper, samples: Tensor) -> None:
        self._stepper, self._samples = stepper, samples
        self._costs: PathCosts | None = None
        self._is_working = False

    def __enter__(self) -> Lead:
        return self

    def __exit__(self, *_: object) -> None:
        # Where a step broke off, the others are in it: they learn of the end from the connection.
        if self._costs is not None and not self._is_working:
            slots = self._stepper.network.space.slots
            self._stepper.group.hand_out(_nothing(self._stepper.paths, len(slots), self._stepper.group.device))

    def take_in(self, group: Group) -> None:
        """Trains with a group from now on; those in it get network and optimiser as they are."""
        old = self._stepper
        introduction = {
            "network": describe_network(old.network),
            "settings": old.settings.to_dict(),
            "plan": asdict(old.plan),
            "paths": old.paths,
            "frame": [str(self._samples.dtype), *self._samples.shape[1:]],
        }
        group.hand_out_bytes(json.dumps(introduction).encode())
        group.hand_out_bytes(pack_training(old.network, old.optimizer))
        self._stepper = Stepper(old.network, old.optimizer, old.settings, old.plan, group, old.paths)
        self._costs = PathCosts(old.network, old.settings.batch_size)

    def run(self, x: Tensor, y: Tensor, paths: Sequence[Path], rate: float) -> Tensor:
        """Makes one step, and returns the loss averaged over the paths."""
        if self._costs is None:
            return self._stepper.run(Work(x, y, paths, [0] * len(paths), rate))
        speeds = [len(team) for team in self._stepper.teams]
        owners = deal_out([self._costs.of(path or ()) for path in paths], speeds)
        space, group = self._stepper.network.space, self._stepper.group
        choices = [
            slot.choices.index(choice) for path in paths for slot, choice in zip(space.slots, path or (), strict=True)
        ]
        self._is_working = True
        x, y = x.to(group.device).contiguous(), y.to(group.device).contiguous()
        group.hand_out(torch.tensor([len(x), rate, *owners, *choices], dtype=torch.float64, device=group.device))
        loss = self._stepper.run(Work(group.hand_out(x), group.hand_out(y), paths, owners, rate))
        self._is_working = False
        return loss


def follow(group: Group) -> None:
    """Does what the first process hands out, until it says that it is over.

    Args:
        group: The processes, seen by one that is not the first.
    """
    introduction = json.loads(group.hand_out_bytes())
    network = build_described(introduction["network"]).to_empty(device=group.device)
    optimizer = new_optimizer(network)
    unpack_training(load(group.hand_out_bytes()), network, optimizer)
    settings, plan = TrainSettings.from_dict(introduction["settings"]), MemoryPlan(**introduction["plan"])
    paths = int(introduction["paths"])
    stepper = Stepper(network.train(), optimizer, settings, plan, group, paths)
    slots = network.space.slots
    dtype, *frame = introduction["frame"]
    while True:
        header = group.hand_out(_nothing(paths, len(slots), group.device)).tolist()
        samples, rate, numbers = int(header[0]), header[1], [int(number) for number in header[2:]]
        if samples == 0:
            return
        chosen = iter(numbers[paths:])
        drawn = [tuple(slot.choices[next(chosen)] for slot in slots) for _ in range(paths)]
        x = group.hand_out(torch.empty((samples, *frame), dtype=_SAMPLE_TYPES[dtype], device=group.device))
        y = group.hand_out(torch.empty(samples, dtype=torch.int64, device=group.device))
        stepper.run(Work(x, y, drawn, numbers[:paths], rate))


def _nothing(paths: int, slots: int, device: str) -> Tensor:
    """Returns the words before a step that has no samples; any other's have its size."""
    return torch.zeros(2 + paths * (1 + slots), dtype=torch.float64, device=device)
