"""Retrain what a search found: chosen architectures from scratch, each with several seeds, side by side.

Nothing is selected by test samples: they are looked at once, when all trainings are done. Each network is kept with
its model card, for inspect and export. Given again, the command goes on where it was cut off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.executor_options import add_executor_options, chosen_executor
from autosnn_ray.cli.options import (
    add_energy_options,
    add_moved_options,
    add_training_options,
    energy_model,
    problem_of_run,
    training_settings,
)
from autosnn_ray.cli.tables import Column, Output, Table, records_of, write_tables

if TYPE_CHECKING:
    import pandas as pd

    from autosnn_ray.runs.run import Retraining, Run
    from autosnn_ray.training import Supernet

EXAMPLE = "autosnn-ray retrain runs/first --top 3 --epochs 30"
AFTER_INTERRUPT = "The same command goes on."
_STARTS = ("scratch", "supernet")


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("run", type=str, help="folder of the search")
    parser.add_argument(
        "--top",
        type=int | None,
        default=None,
        help="retrain so many of the best: those that its search has trained first (default: 3)",
    )
    parser.add_argument("--front", action="store_true", help="retrain the whole Pareto front")
    parser.add_argument(
        "--architecture",
        type=list[str],
        default=[],
        help="train this one (srb_k5/skip/…); may be repeated",
    )
    parser.add_argument(
        "--hand-made",
        type=list[str],
        default=[],
        help="a hand-made network, trained beside; may be repeated",
    )
    parser.add_argument(
        "--hand-made-decay-input",
        type=bool | None,
        default=None,
        help="--decay-input of hand-made networks; those with average pools need false (default: that of the run)",
    )
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each architecture")
    parser.add_argument(
        "--seed",
        type=int,
        default=100,
        help="seed of the first training, the others follow it; others than those that chose the architectures",
    )
    parser.add_argument("--start", type=str, default="scratch", help="scratch, or supernet: from the path's weights")
    parser.add_argument("--into", type=str, default="retrained", help="name of the folder in the run's folder")
    add_moved_options(parser)
    add_training_options(parser)
    add_energy_options(parser)
    add_executor_options(parser)


def run(options: Namespace) -> None:
    """Retrains architectures, prints a table, and writes the frames."""
    from autosnn_ray.objectives import Goal
    from autosnn_ray.own_packages import search_spaces
    from autosnn_ray.runs.run import Run
    from autosnn_ray.storage.run_folder import run_folder
    from autosnn_ray.studies.retraining import retrain

    home = run_folder(options.run, options.storage)
    problem, config = problem_of_run(options, home)
    neuron = problem.neuron
    if options.hand_made_decay_input is not None:
        neuron = replace(neuron, decay_input=options.hand_made_decay_input)
    done = retrain(
        problem,
        _chosen(options, Run(home)),
        path=run_folder(options.into, home),
        seeds=options.seeds,
        settings=training_settings(options),
        supernet=_start(options, home, config),
        hand_made=[search_spaces.load(name) for name in options.hand_made],
        hand_made_neuron=neuron,
        goal=Goal.from_dict(config["goal"]),
        energy_model=energy_model(options),
        seed=options.seed,
        progress=True,
        executor=chosen_executor(options),
    )
    show_retraining(done)


def _start(options: Namespace, home: Path, config: dict[str, Any]) -> Supernet | None:
    """Returns the supernet from whose paths trainings start, where they do."""
    from autosnn_ray.errors import InvalidInputError, unknown_name
    from autosnn_ray.storage.supernets import open_supernet

    if options.start not in _STARTS:
        raise unknown_name("start", options.start, _STARTS)
    if options.start == "scratch":
        return None
    supernet = open_supernet(home, config, options.supernet)
    if supernet is None:
        raise InvalidInputError(f"--start supernet: the run in {home} used none; leave it out to train from scratch")
    return supernet


def _chosen(options: Namespace, run: Run) -> list[str]:
    """Returns what the options choose, each once, in the order of the options."""
    from autosnn_ray.own_packages import analysis

    named = list(options.architecture)
    top = 3 if options.top is None and not (options.front or named or options.hand_made) else options.top or 0
    chosen = [*named, *analysis.best_known(run.path, top), *(run.front()["architecture"] if options.front else [])]
    return list(dict.fromkeys(map(str, chosen)))


def show_retraining(done: Retraining) -> list[Path]:
    """Prints one line an architecture, and writes the frames into the retraining's folder.

    Returns:
        The files.
    """
    from autosnn_ray.cli.console import say_written
    from autosnn_ray.own_packages import analysis

    frame = done.frame()
    write_tables(retraining(frame))
    files: list[Path] = analysis.write_retraining(frame, done.path)
    say_written(files)
    return files


def retraining(frame: pd.DataFrame) -> Output:
    """Returns one line an architecture of what ``read_retraining`` gave."""
    from autosnn_ray.cli.console import amount, command
    from autosnn_ray.own_packages import analysis

    records = records_of(analysis.summarise_retraining(frame))
    columns = [
        Column("", lambda row: row["architecture"] or row["network"], "network"),
        Column("parameters", amount, is_number=True),
        Column("", lambda row: mean_and_interval(row, "validation_accuracy"), "validation %", is_number=True),
        Column("", lambda row: mean_and_interval(row, "test_accuracy"), "test %", is_number=True),
        Column("test_spikes", amount, "spikes", is_number=True),
        Column("energy", lambda joules: amount(joules * 1e9), "nJ", is_number=True),
    ]
    seeds = sorted({int(row["seeds"]) for row in records})
    over = " to ".join(str(count) for count in dict.fromkeys((*seeds[:1], *seeds[-1:]))) or "no"
    notes = [
        f"failed: {row['architecture'] or row['network']}, seed {row['seed']}: {row['reason']}"
        for row in frame[frame["status"] == "failed"].to_dict("records")
    ]
    if 2 in seeds:
        notes.append("two seeds: an interval over two is wide, and says little; three or more say more")
    kept = frame[frame["status"] == "done"]
    if len(kept):
        folders = dict(zip(zip(kept["network"], kept["architecture"], strict=True), kept["folder"], strict=True))
        best = next(name for row in records if (name := (row["network"], row["architecture"])) in folders)
        notes.append(f"next: {command('inspect', folders[best])}")
    spread = "; means, ± half of the 95 % interval" if seeds and seeds[-1] > 1 else ""
    title = f"trained from scratch, {over} {'seed' if seeds == [1] else 'seeds'}; by validation fitness{spread}"
    return Output([Table("networks", columns, records, title, notes)])


def mean_and_interval(row: Mapping[str, Any], measure: str) -> str:
    """Returns a mean in per cent with its interval, which is written out where it is cut at 0 or 1.

    Example:
        >>> mean_and_interval({"a": 0.9, "a_low": 0.88, "a_high": 0.92}, "a")
        '90.00 ±2.00'
        >>> mean_and_interval({"a": 0.9, "a_low": 0.7, "a_high": 1.0}, "a")
        '90.00 (70.0 to 100.0)'
    """
    mean, low, high = (100 * row[f"{measure}{end}"] for end in ("", "_low", "_high"))
    if math.isnan(mean):
        return "-"
    if math.isnan(low):
        return f"{mean:.2f}"
    is_whole = math.isclose(mean - low, high - mean, abs_tol=1e-6)
    return f"{mean:.2f} ±{mean - low:.2f}" if is_whole else f"{mean:.2f} ({low:.1f} to {high:.1f})"
