"""Peak memory of a training step on event data: 128x128x2 frames, T=16, AutoSNN at 16 channels, batch 16.

Usage: ``python benchmarks/event_memory.py [GIGABYTES ...]``; 0 stands for no budget. Each budget runs in a process
of its own, so that one's peak is not another's.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

TIMESTEPS, BATCH, CLASSES = 16, 16, 11
ARCHITECTURE = "srb_k5/srb_k5/skip/srb_k3/srb_k5"


def peak_gigabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def run_step(budget: float) -> None:
    import torch

    import search_spaces
    from autosnn_ray.data import Dataset, Split
    from autosnn_ray.space import SearchSpace
    from autosnn_ray.spiking.weights import new_network
    from autosnn_ray.training import TrainSettings
    from autosnn_ray.training.loop import train_epochs
    from autosnn_ray.training.memory import plan_memory

    entries = {**search_spaces.load("autosnn_16").to_dict(), "stem": "event", "in_channels": 2}
    space = SearchSpace.from_dict({**entries, "input_size": [128, 128]})
    generator = torch.Generator().manual_seed(0)
    network = new_network(generator, space, classes=CLASSES, timesteps=TIMESTEPS, architecture=ARCHITECTURE)
    x = torch.rand(BATCH, TIMESTEPS, 2, 128, 128, generator=generator)
    split = Split(x, torch.arange(BATCH) % CLASSES)
    before = peak_gigabytes()
    settings = TrainSettings(epochs=1, batch_size=BATCH, memory=budget or None)
    plan = plan_memory(network, x, BATCH, budget or 1e3)
    started = time.perf_counter()
    data = Dataset("events", CLASSES, split, split, split)
    for _ in train_epochs(network, data, settings, seed=0, draw_paths=lambda _: [None]):
        pass
    print(
        f"budget {budget or 'none'} GB: micro-batch {plan.micro_batch}, recompute {plan.recompute}, "
        f"in time {plan.in_time}, estimated {plan.bytes / 1e9:.2f} GB; "
        f"measured {peak_gigabytes() - before:.2f} GB above {before:.2f} GB, "
        f"{time.perf_counter() - started:.1f} s a step, {torch.get_num_threads()} threads"
    )


def main() -> None:
    if sys.argv[1:2] == ["--step"]:
        run_step(float(sys.argv[2]))
        return
    for budget in sys.argv[1:] or ["0", "2", "1.1", "1", "0.6", "0.3"]:
        subprocess.run([sys.executable, __file__, "--step", budget], check=True)


if __name__ == "__main__":
    main()
