"""The toolkit's Trainable in a Tuner of your own: architectures and a learning rate, drawn at random.

python examples/tune_trainable.py
"""

from __future__ import annotations

import argparse

from ray import tune

import autosnn_ray as asr
import search_spaces


def main(trials: int = 20, epochs: int = 8, storage: str | None = None) -> tune.ResultGrid:
    """Trains so many architectures from scratch, and prints the best."""
    problem = asr.Problem(search_spaces.load("digits_16"), asr.load_dataset("digits"), timesteps=4)
    results = tune.Tuner(
        asr.trainable(problem, settings=asr.TrainSettings(epochs=epochs)),
        param_space={**asr.slot_choices(problem.space), "learning_rate": tune.loguniform(1e-3, 1e-2)},
        tune_config=tune.TuneConfig(metric="fitness", mode="max", num_samples=trials, reuse_actors=True),
        run_config=tune.RunConfig(storage_path=storage, verbose=1),
    ).fit()
    best = results.get_best_result()
    network = asr.TrainedNetwork.load(best.checkpoint.path)
    print(
        f"{'/'.join(network.architecture)}: {network.validation.accuracy:.3f}, {network.validation.spikes:,.0f} spikes"
    )
    return results


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--trials", type=int, default=20)
    options.add_argument("--epochs", type=int, default=8)
    options.add_argument("--storage", help="where results and checkpoints are kept (default: ~/ray_results)")
    main(**vars(options.parse_args()))
