"""Race search algorithms on a space that was evaluated whole: seconds a search, many seeds, paired tests.

What is raced on is the table that is shipped: scikit-learn's digits, 3,125 architectures, as paths of a supernet
(exactly) or as trained from scratch (a model of a trained sample, with the noise of one training). An algorithm of your
own runs as soon as it is registered.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.tables import Column, Output, Table, add_format_option, chosen_format, write_tables

if TYPE_CHECKING:
    import pandas as pd

    from autosnn_ray.algorithms import Table as Known

EXAMPLE = "autosnn-ray race --algorithm autosnn --algorithm random --save pictures"
AFTER_INTERRUPT = "Nothing is kept of it; fewer --seeds take less time."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument(
        "--algorithm",
        type=list[str],
        default=[],
        help="one that takes part; may be repeated, the others are held against the first (default: all that search)",
    )
    parser.add_argument("--table", type=str, default="digits_16", help="name of the table that is shipped")
    parser.add_argument("--by", type=str, default="paths", help="paths of the supernet, or scratch")
    parser.add_argument("--goal", type=str, default="fitness", help="fitness, or front: accuracy and spikes")
    parser.add_argument("--seeds", type=int, default=20, help="searches of each algorithm")
    parser.add_argument("--candidates", type=int, default=400, help="length of a search")
    parser.add_argument("--save", type=str | None, default=None, help="folder for the picture and all numbers")
    add_format_option(parser)


def run(options: Namespace) -> None:
    """Races, prints a table, and saves picture and numbers where asked."""
    from autosnn_ray.algorithms import ALGORITHMS, make_algorithm
    from autosnn_ray.own_packages import analysis

    form = chosen_format(options)
    names = list(dict.fromkeys(options.algorithm)) or [name for name, kind in ALGORITHMS.items() if kind.is_search]
    truth, seen = _tables(options)
    at = sorted({number for number in (*analysis.AT, options.candidates) if number <= options.candidates})
    frame = analysis.race({name: make_algorithm(name) for name in names}, truth, seen=seen, seeds=options.seeds, at=at)
    measure = "regret" if options.goal == "fitness" else "hypervolume"
    write_tables(_output(frame, names, measure, options), form)
    if options.save:
        _save(frame, options)


def _tables(options: Namespace) -> tuple[Known, Any]:
    """Returns what is true, and what an algorithm sees of it in the race of a seed."""
    from autosnn_ray.errors import unknown_name
    from autosnn_ray.objectives import Goal, Maximize, Minimize
    from autosnn_ray.own_packages import analysis

    goals = {"fitness": None, "front": Goal((Maximize("accuracy"), Minimize("spikes")))}
    if options.goal not in goals:
        raise unknown_name("goal", options.goal, goals)
    shipped, goal = analysis.tabular(options.table), goals[options.goal]
    truth = shipped.table(goal, by=options.by)
    if options.by == "paths":
        return truth, None
    return truth, lambda seed: shipped.table(goal, by=options.by, noise=seed)


def _output(frame: pd.DataFrame, names: list[str], measure: str, options: Namespace) -> Output:
    from autosnn_ray.own_packages import analysis

    looked_at = _looked_at(frame)
    whole = looked_at[-1]
    records = []
    for name in names:
        rows = frame[frame["algorithm"] == name]
        record: dict[str, Any] = {"algorithm": name}
        for number in looked_at:
            values = rows[rows["evaluations"] == number][measure]
            record |= {f"{measure}_{number}": values.mean(), f"{measure}_{number}_error": values.sem()}
        against = analysis.contest(frame, (name, whole), (names[0], whole), measure)
        records.append({**record, "difference": against.difference, "p": against.p if name != names[0] else None})
    best = sorted(records, key=lambda row: row[f"{measure}_{whole}"], reverse=measure == "hypervolume")
    columns = [Column("algorithm")]
    columns += [
        Column("", partial(_spread, key=f"{measure}_{number}"), f"after {number}", is_number=True)
        for number in looked_at
    ]
    columns.append(Column("p", lambda p: "-" if p is None else f"{p:.2g}", f"p, against {names[0]}", is_number=True))
    what = "below the best, in the fitness" if measure == "regret" else "share of the true front's hypervolume"
    by = "paths of a supernet" if options.by == "paths" else "trained from scratch, a model of a sample"
    title = f"{options.table}, {by}: {what}; mean ± standard error over {options.seeds} seeds"
    note = "p: Wilcoxon's signed-rank test, seed by seed, at the end; small differences need more --seeds"
    return Output([Table("race", columns, best, title, [note])])


def _looked_at(frame: pd.DataFrame) -> list[int]:
    """Returns the numbers of evaluations about half-way, and at the end."""
    numbers = sorted(int(number) for number in set(frame["evaluations"]))
    half_way = min(numbers, key=lambda number: abs(number - numbers[-1] / 2))
    return sorted({half_way, numbers[-1]})


def _spread(row: Mapping[str, Any], key: str) -> str:
    return f"{row[key]:.4f} ± {row[f'{key}_error']:.4f}"


def _save(frame: pd.DataFrame, options: Namespace) -> None:
    from pathlib import Path

    from autosnn_ray.cli.console import say_written
    from autosnn_ray.files import write_atomically
    from autosnn_ray.own_packages import analysis

    folder = Path(options.save)
    picture = analysis.save(analysis.draw_race(frame, f"{options.table}, by {options.by}"), folder / "race.png")
    write_atomically(folder / "race.csv", frame.to_csv(index=False).encode())
    if options.format == "table":
        say_written([picture, folder / "race.csv"])
