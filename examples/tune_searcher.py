"""The toolkit's algorithm in a Tuner of your own, with a Trainable of your own.

python examples/tune_searcher.py
"""

from __future__ import annotations

import argparse
from typing import Any

from ray import tune

import autosnn_ray as asr
import search_spaces


def train(config: dict[str, Any], problem: Any = None) -> None:
    """What is yours: whatever it does with an architecture, it reports numbers."""
    settings = asr.TrainSettings(epochs=config["epochs"], learning_rate=config["learning_rate"])
    network = asr.train_from_scratch(problem, config["architecture"], settings=settings, progress=False)
    found = asr.evaluate(network, problem.data.validation)
    tune.report({"error": 1 - found.accuracy, "spikes": found.spikes})


def main(trials: int = 40, epochs: int = 4, storage: str | None = None) -> tune.ResultGrid:
    """Searches for the architecture of the least error, the given one first."""
    problem = asr.Problem(search_spaces.load("digits_16"), asr.load_dataset("digits"), timesteps=4)
    first = "/".join(problem.space.at(0))
    results = tune.Tuner(
        tune.with_parameters(train, problem=problem),
        param_space={"epochs": epochs, "learning_rate": 4e-3},
        tune_config=tune.TuneConfig(
            metric="error",
            mode="min",
            num_samples=trials,
            max_concurrent_trials=2,
            reuse_actors=True,
            search_alg=asr.TuneSearcher(problem.space, asr.RegularisedEvolution(seed=0), architectures=[first]),
        ),
        run_config=tune.RunConfig(storage_path=storage, verbose=1),
    ).fit()
    best = results.get_best_result()
    print(best.config["architecture"], f"error {best.metrics['error']:.3f}")
    return results


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--trials", type=int, default=40)
    options.add_argument("--epochs", type=int, default=4)
    options.add_argument("--storage", help="where results are kept (default: ~/ray_results)")
    main(**vars(options.parse_args()))
