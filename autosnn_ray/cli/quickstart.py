"""Do the whole job on real data, in minutes on two cores.

Trains a supernet on scikit-learn's 8x8 digits, searches it with AutoSNN's evolution on Ray Tune, retrains the
found architecture alone, and reports on the test samples.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.errors import RunExistsError

if TYPE_CHECKING:
    from autosnn_ray.data import Dataset
    from autosnn_ray.evaluations import Evaluation
    from autosnn_ray.space import Architecture
    from autosnn_ray.training import Supernet

AFTER_INTERRUPT = "Give the same command with --resume to go on."

SPACE, DATA, HAND_MADE = "digits_16", "digits", "scb_k3"
SUPERNET_EPOCHS, ALONE_EPOCHS = 40, 30


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("--folder", type=str, default="runs/quickstart", help="where everything is written")
    parser.add_argument("--seed", type=int, default=0, help="what every random draw comes from")
    parser.add_argument("--candidates", type=int, default=400, help="how many architectures to evaluate")
    parser.add_argument("--epochs", type=int, default=SUPERNET_EPOCHS, help="epochs of the supernet's training")
    parser.add_argument("--alone-epochs", type=int, default=ALONE_EPOCHS, help="epochs of each training alone")
    parser.add_argument("--num-cpus", type=int | None, default=None, help="CPUs for the search (default: all)")
    parser.add_argument("--resume", action="store_true", help="go on with what is in the folder")


@dataclass(frozen=True)
class Final:
    """An architecture trained alone, looked at once on the test samples.

    Attributes:
        title: What it is.
        architecture: One choice for each slot.
        parameters: Trainable numbers.
        test: Accuracy and spikes on the test samples.
    """

    title: str
    architecture: Architecture
    parameters: int
    test: Evaluation


def run(options: Namespace) -> None:
    """Runs the whole job."""
    started = time.monotonic()
    folder = Path(options.folder)
    if folder.exists() and any(folder.iterdir()) and not options.resume:
        raise RunExistsError(f"{folder}: not empty; give --resume to go on with it, or another --folder")
    from autosnn_ray.cli.console import console
    from autosnn_ray.data import load_dataset

    data = load_dataset(DATA, seed=options.seed)
    supernet = _supernet(options, data, folder / "supernet")
    chosen = _search(options, supernet, data, folder / "search")
    finals = _finals(options, supernet, data, chosen)
    _report(folder, chosen, finals)
    console.print(f"\nall of it in {folder.resolve()}, after {time.monotonic() - started:.0f} seconds")


def _supernet(options: Namespace, data: Dataset, folder: Path) -> Supernet:
    import search_spaces
    from autosnn_ray.cli.console import console, training_bar
    from autosnn_ray.training import Supernet, TrainSettings, train_supernet

    if (folder / "supernet.json").exists():
        return Supernet.load(folder)
    settings = TrainSettings(epochs=options.epochs)
    with training_bar("1/3 supernet") as on_step:
        supernet = train_supernet(
            search_spaces.load(SPACE),
            data,
            seed=options.seed,
            settings=settings,
            folder=folder,
            on_step=on_step,
        )
    paths = supernet.paths
    console.print(
        f"{paths.count} random paths: {paths.accuracy_min:.1%} to {paths.accuracy_max:.1%} on validation, median "
        f"{paths.accuracy_median:.1%}; fitness reference {paths.spikes_mean:,.0f} spikes/sample"
    )
    return supernet


def _search(options: Namespace, supernet: Supernet, data: Dataset, path: Path) -> dict[str, Any]:
    import analysis
    from autosnn_ray.algorithms import AutoSNN
    from autosnn_ray.cli.console import search_bar
    from autosnn_ray.cli.search import show_results
    from autosnn_ray.cluster.search import search
    from autosnn_ray.objectives import SpikeAwareFitness

    with search_bar("2/3 search", options.candidates, SpikeAwareFitness(supernet.reference_spikes)) as on_told:
        found = search(
            supernet,
            data,
            path=path,
            algorithm=AutoSNN(seed=options.seed),
            candidates=options.candidates,
            resume=(path / "journal.jsonl").exists(),
            num_cpus=options.num_cpus,
            on_told=on_told,
        )
    show_results(found.path, best=5)
    return dict(analysis.choose(found.frame()))


def _finals(options: Namespace, supernet: Supernet, data: Dataset, chosen: dict[str, Any]) -> list[Final]:
    from autosnn_ray.cli.console import training_bar
    from autosnn_ray.evaluation import evaluate
    from autosnn_ray.spiking.network import count_parameters
    from autosnn_ray.training import TrainSettings, train_alone

    settings = TrainSettings(epochs=options.alone_epochs)
    contenders = {
        "found": supernet.space.parse(chosen["architecture"]),
        "by hand": supernet.space.parse([HAND_MADE] * len(supernet.space.slots)),
    }
    finals = []
    for title, architecture in contenders.items():
        with training_bar(f"3/3 {title} alone") as on_step:
            network = train_alone(
                supernet.space, architecture, data, seed=options.seed, timesteps=supernet.timesteps,
                settings=settings, on_step=on_step,
            )  # fmt: skip
        finals.append(Final(title, architecture, count_parameters(network), evaluate(network, data.test)))
    return finals


def _report(folder: Path, chosen: dict[str, Any], finals: list[Final]) -> None:
    from autosnn_ray.cli.console import console, print_rows
    from autosnn_ray.cli.show import save_results
    from autosnn_ray.files import write_atomically
    from autosnn_ray.space import format_architecture

    rows = [
        [final.title, format_architecture(final.architecture), f"{final.parameters:,}",
         f"{final.test.accuracy:.2%}", f"{final.test.spikes:,.0f}"]
        for final in finals
    ]  # fmt: skip
    print_rows(
        ["network", "architecture", "parameters", "accuracy", "spikes"],
        rows,
        title="trained alone from scratch, looked at once on the test samples",
        numbers_from=2,
    )
    found, hand_made = finals[0].test, finals[1].test
    console.print(
        f"the supernet promised {chosen['accuracy']:.2%} and {chosen['spikes']:,.0f} spikes/sample on validation; "
        f"trained alone it makes {found.accuracy:.2%} and {found.spikes:,.0f} on test.\n"
        f"Against the hand-made network: {found.accuracy - hand_made.accuracy:+.2%} accuracy, "
        f"{found.spikes / hand_made.spikes - 1:+.0%} spikes; {found.samples} test samples cannot tell "
        f"accuracies less than about {_resolution(found):.1%} apart.\n"
        "What a supernet's ranking is worth: its spikes can be trusted, small differences in its accuracies cannot "
        "(README, 'What the ranking is worth')."
    )
    content = {
        final.title: {
            "architecture": format_architecture(final.architecture),
            "parameters": final.parameters,
            "test": final.test.to_dict(),
        }
        for final in finals
    }
    write_atomically(folder / "final.json", f"{json.dumps(content, indent=2)}\n".encode())
    for path in [*save_results(folder / "search", folder), folder / "final.json"]:
        console.print(f"written: {path}")


def _resolution(evaluation: Evaluation) -> float:
    """Returns the difference of two accuracies that chance alone makes once in twenty times, at this size."""
    p = min(max(evaluation.accuracy, 1 / evaluation.samples), 1 - 1 / evaluation.samples)
    return float(1.96 * (2 * p * (1 - p) / evaluation.samples) ** 0.5)
