"""Carry the best of a search over to another problem: train it from scratch on other data, or at another width.

AutoSNN's own architecture was found on CIFAR-10 with 16 channels and trained on all other data sets and widths. The
slots of the other space must have the same choices. Given again, the command goes on where it was cut off.
"""

from __future__ import annotations

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.data_options import add_data_options, load_data
from autosnn_ray.cli.executor_options import add_executor_options, chosen_executor
from autosnn_ray.cli.options import add_neuron_options, add_training_options, neuron_settings, training_settings
from autosnn_ray.errors import InvalidInputError

EXAMPLE = """autosnn-ray transfer runs/first moved \\
      --space fashion_16 --data fashion_mnist"""
AFTER_INTERRUPT = "The same command goes on."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("run", type=str, help="folder of the search")
    parser.add_argument("folder", type=str, help="folder for the networks")
    parser.add_argument(
        "--space", type=str, required=True, help="name of the other search space, or a TOML file of your own"
    )
    parser.add_argument("--stem", type=str | None, default=None, help="what stands before its first slot")
    parser.add_argument("--top", type=int, default=1, help="how many of the run's best")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each architecture")
    parser.add_argument(
        "--seed", type=int, default=0, help="what the data are split by; trainings have the seeds from 100 above it on"
    )
    add_data_options(parser)
    add_neuron_options(parser)
    add_training_options(parser)
    add_executor_options(parser)


def run(options: Namespace) -> None:
    """Trains the best elsewhere, prints a table, and writes the frames."""
    from autosnn_ray.cli.retrain import show_retraining
    from autosnn_ray.own_packages import search_spaces
    from autosnn_ray.problem import Problem
    from autosnn_ray.storage.run_folder import run_folder
    from autosnn_ray.studies.retraining import FRESH_SEED
    from autosnn_ray.studies.transfer import transfer

    if options.space is None:
        raise InvalidInputError(
            "where is it to be carried? Give --space and --data: autosnn-ray spaces lists the spaces"
        )
    space = search_spaces.load(options.space, stem=options.stem)
    problem = Problem(space, load_data(options), options.timesteps, neuron_settings(options))
    done = transfer(
        run_folder(options.run, options.storage),
        problem,
        path=run_folder(options.folder, options.storage),
        top=options.top,
        seeds=options.seeds,
        seed=options.seed + FRESH_SEED,
        settings=training_settings(options),
        progress=True,
        executor=chosen_executor(options),
    )
    show_retraining(done)
