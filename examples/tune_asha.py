"""The toolkit's Trainable under ASHA: weak trainings are stopped after 1, 3, 9 … epochs.

python examples/tune_asha.py
"""

from __future__ import annotations

import argparse

from ray import tune
from ray.tune.schedulers import ASHAScheduler

import autosnn_ray as asr
import search_spaces


def main(trials: int = 40, epochs: int = 9, storage: str | None = None) -> tune.ResultGrid:
    """Trains architectures from scratch, most of them for a part of the epochs, and prints the best."""
    problem = asr.Problem(search_spaces.load("digits_16"), asr.load_dataset("digits"), timesteps=4)
    # A constant rate: one_cycle would judge a network after an epoch in the middle of its warm-up.
    settings = asr.TrainSettings(epochs=epochs, schedule="constant", learning_rate=2e-3)
    results = tune.Tuner(
        asr.trainable(problem, settings=settings),
        param_space=asr.slot_choices(problem.space),
        tune_config=tune.TuneConfig(
            metric="fitness",
            mode="max",
            num_samples=trials,
            scheduler=ASHAScheduler(time_attr="epoch", grace_period=1, reduction_factor=3, max_t=epochs),
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(storage_path=storage, verbose=1),
    ).fit()
    best = results.get_best_result()
    print(best.config, f"fitness {best.metrics['fitness']:.3f} after epoch {best.metrics['epoch']}")
    return results


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--trials", type=int, default=40)
    options.add_argument("--epochs", type=int, default=9)
    options.add_argument("--storage", help="where results and checkpoints are kept (default: ~/ray_results)")
    main(**vars(options.parse_args()))
