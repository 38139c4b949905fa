"""Options that several commands share, declared once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.errors import InvalidInputError

if TYPE_CHECKING:
    from autosnn_ray.data import Dataset


def number(given: object) -> float:
    """Reads a number, ``nan`` and ``inf`` included, so that what uses it can say what it expects in their place.

    Example:
        >>> number("-0.08")
        -0.08
    """
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise ValueError(f"expected a number, got {given!r}")
    return float(given)


def add_data_options(parser: ArgumentParser) -> None:
    """Adds the options that say which samples are used."""
    parser.add_argument("--data", type=str, default="digits", help="name of a data set, or a .npz file of your own")
    parser.add_argument(
        "--data-folder", type=str | None, default=None, help="where its files are (default: data/NAME, usual places)"
    )
    parser.add_argument(
        "--size",
        type=list[int] | None,
        default=None,
        help="[height, width] to bring frames to: averaged down by a whole factor, padded (default: as they are)",
    )
    for split in ("train", "validation", "test"):
        parser.add_argument(
            f"--{split}-samples", type=int | None, default=None, help=f"{split} samples to keep (default: all)"
        )
    parser.add_argument(
        "--augmentation",
        type=str | None,
        default=None,
        help="of training samples: crop+flip, none, … (default: its own)",
    )


def load_data(options: Namespace) -> Dataset:
    """Loads the data set that the options of ``add_data_options`` name."""
    from autosnn_ray.data import load_dataset

    if options.size is not None and len(options.size) != 2:
        raise InvalidInputError(f"size: expected [height, width] in pixels, got {options.size}")
    return load_dataset(
        options.data,
        seed=options.seed,
        folder=options.data_folder,
        size=None if options.size is None else (options.size[0], options.size[1]),
        train_samples=options.train_samples,
        validation_samples=options.validation_samples,
        test_samples=options.test_samples,
        augmentation=options.augmentation,
    )


def add_training_options(parser: ArgumentParser, *, epochs: int, learning_rate: float) -> None:
    """Adds the options of ``TrainSettings``."""
    parser.add_argument("--epochs", type=int, default=epochs, help="passes over the training samples")
    parser.add_argument("--batch-size", type=int, default=64, help="samples a training step")
    parser.add_argument("--learning-rate", type=number, default=learning_rate, help="peak rate of Adam")
    parser.add_argument("--schedule", type=str, default="one_cycle", help="course of the rate: constant or one_cycle")
    parser.add_argument("--loss", type=str, default="mse", help="mse (squared error of firing rates) or cross_entropy")


def add_neuron_options(parser: ArgumentParser) -> None:
    """Adds the options of ``NeuronSettings``."""
    parser.add_argument("--timesteps", type=int, default=4, help="simulation steps T a sample")
    parser.add_argument("--neuron", type=str, default="plif", help="plif (learned time constant), lif or if")
    parser.add_argument("--tau", type=number, default=2.0, help="membrane time constant at the start, in time steps")
    parser.add_argument("--threshold", type=number, default=1.0, help="membrane voltage at which a neuron fires")
    parser.add_argument(
        "--decay-input",
        type=bool,
        default=True,
        help="true: the input is divided by tau like the voltage; false: it enters whole (networks with "
        "average pooling are silent otherwise)",
    )
    parser.add_argument(
        "--surrogate",
        type=str,
        default="atan",
        help="gradient of a spike: atan, super, triangle, tanh, circ, heavi_erfc",
    )


def add_ray_options(parser: ArgumentParser) -> None:
    """Adds the options that say where candidates are evaluated."""
    parser.add_argument(
        "--address",
        type=str | None,
        default=None,
        help="a Ray cluster's address; without it Ray is started here",
    )
    parser.add_argument("--num-cpus", type=int | None, default=None, help="CPUs of the Ray started here (default: all)")
    parser.add_argument("--cpus-per-candidate", type=int, default=1, help="CPUs and threads for one candidate")
