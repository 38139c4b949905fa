"""Do the whole job on real data, in minutes on two cores.

On scikit-learn's 8x8 digits: trains a sample of architectures briefly, predicts all others from it, searches them with
AutoSNN's evolution on Ray Tune, trains what was found, and a network built by hand, from scratch, and reports on the
test samples.
"""

from __future__ import annotations

import json
import shlex
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.interrupts import goes_on
from autosnn_ray.cli.quickstart_told import Told, tell_plan
from autosnn_ray.errors import AutoSNNError, RunExistsError
from autosnn_ray.shown import epochs_text

if TYPE_CHECKING:
    from autosnn_ray.evaluations import Evaluation
    from autosnn_ray.runs.run import Reproduction

EXAMPLE = "autosnn-ray quickstart"
AFTER_INTERRUPT = "Give the same command with --resume to go on."

RECIPE = "quickstart"


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    from autosnn_ray.recipes import load

    recipe = load(RECIPE)
    sample, search = recipe.predictor or {}, recipe.search or {}
    parser.add_argument("--folder", type=str, default="runs/quickstart", help="where everything is written")
    parser.add_argument("--seed", type=int, default=0, help="what every random draw comes from")
    parser.add_argument(
        "--sample",
        type=int,
        default=sample["sample"],
        help="how many architectures to train first, to predict the others from",
    )
    parser.add_argument("--sample-epochs", type=int, default=sample["epochs"], help="epochs of each of these trainings")
    parser.add_argument(
        "--candidates", type=int, default=search["candidates"], help="how many architectures the search proposes"
    )
    parser.add_argument(
        "--scratch-epochs", type=int, default=recipe.retrain["epochs"], help="epochs of each training at the end"
    )
    parser.add_argument("--num-cpus", type=int | None, default=None, help="CPUs for the search (default: all)")
    parser.add_argument("--resume", action="store_true", help="go on with what is in the folder")


@dataclass(frozen=True)
class Final:
    """An architecture trained from scratch, looked at once on the test samples.

    Attributes:
        title: What it is: ``found``, the fittest on validation samples; ``by hand``; ``also found``, the others.
        architecture: As written, ``srb_k5/skip/…``.
        parameters: Trainable numbers.
        measured: Accuracy and spikes on the test samples.
    """

    title: str
    architecture: str
    parameters: int
    measured: Evaluation


def run(options: Namespace) -> None:
    """Runs the whole job: the recipe of the quickstart, with a report of its own."""
    started = time.monotonic()
    folder = Path(options.folder)
    if folder.exists() and any(folder.iterdir()) and not options.resume:
        raise RunExistsError(f"{folder}: not empty; give --resume to go on with it, or another --folder")
    from autosnn_ray.cli.console import console
    from autosnn_ray.cluster.executor import Ray
    from autosnn_ray.own_packages import search_spaces
    from autosnn_ray.recipes import load

    recipe = load(RECIPE)
    recipe = replace(
        recipe,
        predictor={"sample": options.sample, "epochs": options.sample_epochs},
        search={**(recipe.search or {}), "candidates": options.candidates},
        retrain={**recipe.retrain, "epochs": options.scratch_epochs},
    )
    tell_plan(recipe, search_spaces.load(recipe.network["space"]))  # before torch is imported, which takes seconds
    from autosnn_ray.studies.reproduction import reproduce

    executor, watch = Ray(num_cpus=options.num_cpus), Told(recipe, started)
    with goes_on(f"the quickstart in {folder} was", "the same command with --resume goes on"):
        done = reproduce(recipe, path=folder, seed=options.seed, executor=executor, watch=watch)
    by_hand = str(recipe.retrain["architectures"][0])
    finals, searched = _finals(done, by_hand), done.search.frame().set_index("architecture")
    _report(folder, dict(searched.loc[finals[0].architecture]), finals, options.sample_epochs)
    console.print(
        f"\nall of it in {shlex.quote(str(folder.resolve()))}, after {time.monotonic() - started:.0f} seconds"
    )


def _finals(done: Reproduction, by_hand: str) -> list[Final]:
    """Reads what the model cards say: the fittest on validation samples, what was built by hand, and the others.

    Where the search finds what was built by hand, both are the same network.
    """
    from autosnn_ray.cards import ModelCard

    rows = done.retraining.frame().to_dict("records")
    failed = [str(row["reason"]) for row in rows if row["status"] != "done"]
    if failed:
        raise AutoSNNError(f"{done.retraining.path}: a training from scratch failed: {failed[0]}")
    folders = {str(row["architecture"]): Path(str(row["folder"])) for row in rows}
    fitness = {str(row["architecture"]): float(row["fitness"]) for row in rows}
    searched = sorted((name for name in folders if name != by_hand), key=lambda name: -fitness[name]) or [by_hand]
    named = [("found", searched[0]), ("by hand", by_hand), *(("also found", name) for name in searched[1:])]
    finals = []
    for title, architecture in named:
        card = ModelCard.load(folders[architecture])
        if card.on_test is None:
            raise AutoSNNError(f"{folders[architecture]}: expected a card with a look at the test samples")
        finals.append(Final(title, architecture, int(card.totals["parameters"]), card.on_test))
    return finals


def _report(folder: Path, predicted: dict[str, Any], finals: list[Final], short: int) -> None:
    from autosnn_ray.cli.console import console, print_rows, say_next, say_written
    from autosnn_ray.cli.show import save_results
    from autosnn_ray.files import write_atomically

    found, hand_made, *others = (final.measured for final in finals)
    rows = [
        [final.title, final.architecture, f"{final.parameters:,}",
         f"{final.measured.accuracy:.2%}", f"{final.measured.spikes:,.0f}"]
        for final in (finals[0], *finals[2:], finals[1])
    ]  # fmt: skip
    print_rows(
        ["network", "architecture", "parameters", "accuracy", "spikes"],
        rows,
        title=f"trained from scratch, one seed, on {found.samples:,} test samples, looked at once",
        numbers_from=2,
    )
    if others:
        console.print("'found' is the one of the highest fitness on validation samples, before any look at these.\n")
    console.print(
        f"after {epochs_text(short)} {predicted['accuracy']:.2%} and {predicted['spikes']:,.0f} spikes/sample were "
        f"predicted for it on validation samples; trained to the end it makes {found.accuracy:.2%} and "
        f"{found.spikes:,.0f} on test samples.\n"
        f"Against the hand-made network: {found.accuracy - hand_made.accuracy:+.2%} accuracy, "
        f"{found.spikes / hand_made.spikes - 1:+.0%} spikes; {found.samples} test samples cannot tell "
        f"accuracies less than about {_resolution(found):.1%} apart.\n"
        "The tables and pictures of the search are of predicted numbers, as each of them says: what they are worth is "
        "in the README, 'What the ranking is worth'."
    )
    told = [
        {"architecture": final.architecture, "parameters": final.parameters, "test": final.measured.to_dict()}
        for final in finals
    ]
    content = {"found": told[0], "by hand": told[1], "also found": told[2:]}
    write_atomically(folder / "final.json", f"{json.dumps(content, indent=2)}\n".encode())
    say_written([*save_results(folder / "search", folder), folder / "final.json"])
    say_next("show", folder)


def _resolution(evaluation: Evaluation) -> float:
    """Returns the difference of two accuracies that chance alone makes once in twenty times, at this size."""
    p = min(max(evaluation.accuracy, 1 / evaluation.samples), 1 - 1 / evaluation.samples)
    return float(1.96 * (2 * p * (1 - p) / evaluation.samples) ** 0.5)
