"""The toolkit's Trainable under Optuna's sampler: ``pip install optuna`` first.

python examples/tune_optuna.py
"""

from __future__ import annotations

import argparse

from ray import tune
from ray.tune.search.optuna import OptunaSearch

import autosnn_ray as asr
import search_spaces


def main(trials: int = 30, epochs: int = 8, storage: str | None = None) -> tune.ResultGrid:
    """Trains the architectures that Optuna asks for, and prints the best."""
    problem = asr.Problem(search_spaces.load("digits_16"), asr.load_dataset("digits"), timesteps=4)
    results = tune.Tuner(
        asr.trainable(problem, settings=asr.TrainSettings(epochs=epochs)),
        param_space={**asr.slot_choices(problem.space), "batch_size": tune.choice([32, 64])},
        tune_config=tune.TuneConfig(
            metric="fitness",
            mode="max",
            num_samples=trials,
            search_alg=OptunaSearch(seed=0),
            max_concurrent_trials=2,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(storage_path=storage, verbose=1),
    ).fit()
    best = results.get_best_result()
    print(best.config, f"fitness {best.metrics['fitness']:.3f}")
    return results


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--trials", type=int, default=30)
    options.add_argument("--epochs", type=int, default=8)
    options.add_argument("--storage", help="where results and checkpoints are kept (default: ~/ray_results)")
    main(**vars(options.parse_args()))
