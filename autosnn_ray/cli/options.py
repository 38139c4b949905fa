"""Options that several commands share, declared once."""

from __future__ import annotations

from jsonargparse import ArgumentParser


def number(given: object) -> float:
    """Reads a number, ``nan`` and ``inf`` included, so that what uses it can say what it expects in their place.

    Example:
        >>> number("-0.08")
        -0.08
    """
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise ValueError(f"expected a number, got {given!r}")
    return float(given)


def add_training_options(parser: ArgumentParser) -> None:
    """Adds the options of ``TrainSettings``."""
    parser.add_argument("--epochs", type=int, default=30, help="passes over the training samples")
    parser.add_argument("--batch-size", type=int, default=32, help="samples a training step")
    parser.add_argument("--learning-rate", type=number, default=4e-3, help="peak rate of Adam")
    parser.add_argument("--schedule", type=str, default="one_cycle", help="course of the rate: constant or one_cycle")
    parser.add_argument("--loss", type=str, default="mse", help="mse (squared error of firing rates) or cross_entropy")
    parser.add_argument(
        "--memory",
        type=number,
        default=None,
        help="gigabytes that activations may take: steps are cut and recomputed to fit (default: no limit)",
    )


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
