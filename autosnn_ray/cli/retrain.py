"""Retrain what a search found: chosen architectures alone, each with several seeds, as Ray Tune trials side by side.

Nothing is selected by test samples: they are looked at once, when all trainings are done. Each network is kept with
its model card, for inspect and export. Given again, the command goes on where it was cut off.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.options import (
    add_energy_options,
    add_ray_options,
    add_training_options,
    energy_model,
    plan_to_train,
    ray_arguments,
    training_settings,
)

if TYPE_CHECKING:
    from autosnn_ray.run import Retraining, Run

AFTER_INTERRUPT = "The same command goes on."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("run", type=str, help="folder of the search")
    parser.add_argument("--top", type=int | None, default=None, help="retrain so many of highest fitness (default: 3)")
    parser.add_argument("--front", action="store_true", help="retrain the whole Pareto front")
    parser.add_argument(
        "--architecture",
        type=str,
        action="append",
        default=[],
        help="train this one (srb_k5/skip/…); may be repeated",
    )
    parser.add_argument(
        "--hand-made",
        type=str,
        action="append",
        default=[],
        help="a hand-made network, trained beside; may be repeated",
    )
    parser.add_argument(
        "--hand-made-decay-input",
        type=bool | None,
        default=None,
        help="--decay-input of hand-made networks; those with average pools need false (default: the supernet's)",
    )
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each architecture")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first training; the others follow it")
    parser.add_argument("--start", type=str, default="scratch", help="scratch, or supernet: from the path's weights")
    parser.add_argument("--into", type=str, default="retrained", help="name of the folder in the run's folder")
    parser.add_argument("--supernet", type=str | None, default=None, help="folder of the supernet, if it has moved")
    parser.add_argument(
        "--data-folder", type=str | None, default=None, help="where the data set's files are now, if they were moved"
    )
    add_training_options(parser)
    add_energy_options(parser)
    add_ray_options(parser)


def run(options: Namespace) -> None:
    """Retrains architectures, prints a table, and writes the frames."""
    import search_spaces
    from autosnn_ray.cli.console import run_bar
    from autosnn_ray.cluster.retrain import retrain
    from autosnn_ray.cluster.storage import run_folder
    from autosnn_ray.run import Run

    home = run_folder(options.run, options.storage)
    searched = plan_to_train(options, home)
    neuron = searched.supernet.neuron
    if options.hand_made_decay_input is not None:
        neuron = replace(neuron, decay_input=options.hand_made_decay_input)
    with run_bar() as on_run:
        done = retrain(
            searched.supernet,
            searched.data,
            _chosen(options, Run(home)),
            path=run_folder(options.into, home),
            seeds=options.seeds,
            settings=training_settings(options),
            start=options.start,
            hand_made=[search_spaces.load(name) for name in options.hand_made],
            hand_made_neuron=neuron,
            exponent=searched.objective.exponent,
            reference_spikes=searched.objective.reference_spikes,
            energy_model=energy_model(options),
            seed=options.seed,
            on_run=on_run,
            **ray_arguments(options, storage=False),
        )
    show_retraining(done)


def _chosen(options: Namespace, run: Run) -> list[str]:
    """Returns what the options choose, each once, in the order of the options."""
    named = list(options.architecture)
    top = 3 if options.top is None and not (options.front or named or options.hand_made) else options.top or 0
    chosen = [*named, *run.best(top)["architecture"], *(run.front()["architecture"] if options.front else [])]
    return list(dict.fromkeys(map(str, chosen)))


def show_retraining(done: Retraining) -> list[Path]:
    """Prints one line an architecture, and writes the frames into the retraining's folder.

    Returns:
        The files.
    """
    import analysis
    from autosnn_ray.cli.console import console, print_rows

    frame = done.frame()
    rows = [
        [
            row["architecture"] or row["network"],
            f"{row['parameters']:,.0f}",
            _percent(row, "validation_accuracy"),
            _percent(row, "test_accuracy"),
            f"{row['test_spikes']:,.0f}",
            f"{row['energy'] * 1e9:,.0f}",
        ]
        for row in done.summary().to_dict("records")
    ]
    print_rows(
        ["network", "parameters", "validation %", "test %", "spikes", "nJ"],
        rows,
        title="trained alone; by validation fitness; means, ± half of the 95 % interval over seeds",
        numbers_from=1,
    )
    for row in frame[frame["status"] == "failed"].to_dict("records"):
        console.print(f"failed: {row['architecture'] or row['network']}, seed {row['seed']}: {row['reason']}")
    files = analysis.write_retraining(frame, done.path)
    for path in files:
        console.print(f"written: {path}")
    kept = frame[frame["status"] == "done"]
    if len(kept):
        console.print(f"next: autosnn-ray inspect {kept['folder'].iloc[0]}")
    return files


def _percent(row: dict[Hashable, Any], measure: str) -> str:
    mean, low = row[measure], row[f"{measure}_low"]
    spread = "" if math.isnan(low) else f" ±{(mean - low) * 100:.2f}"
    return f"{mean * 100:.2f}{spread}"
