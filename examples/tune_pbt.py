"""The toolkit's Trainable under population-based training: the rates of the best are taken over and changed.

python examples/tune_pbt.py
"""

from __future__ import annotations

import argparse

from ray import tune
from ray.tune.schedulers import PopulationBasedTraining

import autosnn_ray as asr
import search_spaces


def main(
    trials: int = 4,
    epochs: int = 12,
    architecture: str = "srb_k3/srb_k3/skip/srb_k3/skip",
    storage: str | None = None,
) -> tune.ResultGrid:
    """Trains one architecture several times side by side, and prints the best."""
    problem = asr.Problem(search_spaces.load("digits_16"), asr.load_dataset("digits"), timesteps=4)
    results = tune.Tuner(
        asr.trainable(problem, settings=asr.TrainSettings(epochs=epochs, schedule="constant")),
        param_space={"architecture": architecture, "learning_rate": tune.loguniform(1e-5, 1e-1)},
        tune_config=tune.TuneConfig(
            metric="accuracy",
            mode="max",
            num_samples=trials,
            scheduler=PopulationBasedTraining(
                time_attr="epoch",
                perturbation_interval=2,
                hyperparam_mutations={"learning_rate": tune.loguniform(1e-5, 1e-1)},
            ),
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(storage_path=storage, verbose=1),
    ).fit()
    best = results.get_best_result()
    print(f"accuracy {best.metrics['accuracy']:.3f} at a last rate of {best.config['learning_rate']:.2g}")
    return results


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--trials", type=int, default=4)
    options.add_argument("--epochs", type=int, default=12)
    options.add_argument("--architecture", default="srb_k3/srb_k3/skip/srb_k3/skip")
    options.add_argument("--storage", help="where results and checkpoints are kept (default: ~/ray_results)")
    main(**vars(options.parse_args()))
