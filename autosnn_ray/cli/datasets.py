"""List the data sets; or load one, or files of your own, check them and say what they hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.data_options import add_part_options, load_data
from autosnn_ray.cli.tables import Column, Output, Table, add_format_option, chosen_format, write_tables
from autosnn_ray.errors import InvalidInputError

if TYPE_CHECKING:
    from autosnn_ray.data import Summary

EXAMPLE = "autosnn-ray datasets photos/ --save samples.png"
AFTER_INTERRUPT = "Frames cut so far are kept; the same command goes on from there."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument(
        "data",
        type=str | None,
        nargs="?",
        default=None,
        help="name of a data set, or a .npz file or a folder of images or recordings of your own",
    )
    parser.add_argument("--save", type=str, default="samples.png", help="where samples of each class are drawn")
    parser.add_argument("--timesteps", type=int, default=4, help="frames that recordings of events are cut into, T")
    parser.add_argument("--seed", type=int, default=0, help="what the splits are drawn from")
    add_part_options(parser)
    add_format_option(parser)


def run(options: Namespace) -> None:
    """Prints the data sets, or what one of them holds."""
    form = chosen_format(options)
    if options.data is None:
        _list(form)
    elif form != "table":
        raise InvalidInputError(f"--format {form}: of the list of data sets alone; leave it out beside {options.data}")
    else:
        _look_into(options)


def _list(form: str) -> None:
    from autosnn_ray.data import DATASETS
    from autosnn_ray.plugins import every

    columns = [Column("name", title="data set"), Column("summary", title="what it is")]
    records = [{"name": name, "summary": entry.summary} for name, entry in every(DATASETS).items()]
    notes = [
        "of your own: a .npz file with x and y, a folder of images or of recordings of events with a folder for each "
        "class, Dataset.from_arrays",
        "one of them looked into: autosnn-ray datasets NAME; your own: autosnn-ray datasets PATH",
    ]
    write_tables(Output([Table("datasets", columns, records, notes=notes)]), form)


def _look_into(options: Namespace) -> None:
    from autosnn_ray.cli.console import console, say_written
    from autosnn_ray.data import summarize
    from autosnn_ray.own_packages import analysis

    data = load_data(options)
    summary = summarize(data)
    console.print(repr(data), markup=False, soft_wrap=True)
    _print_counts(summary)
    console.print(f"values: {summary.lowest:g} to {summary.highest:g}")
    if summary.events is not None:
        mean, least, most = summary.events
        console.print(f"events a sample: {mean:,.0f} on average, {least:,} to {most:,}")
        console.print(f"counts at 255, where they end: {summary.at_most:.2%}")
    for problem in data.skipped:
        console.print(f"left out: {problem}", markup=False, soft_wrap=True)
    figure = analysis.plot_samples(summary.examples, f"{data.name}: training samples")
    say_written([analysis.save(figure, Path(options.save))])


def _print_counts(summary: Summary) -> None:
    from autosnn_ray.cli.console import print_rows

    rows = [
        [name, *(f"{counts[number]:,}" for counts in summary.counts.values())]
        for number, name in enumerate(summary.class_names)
    ]
    rows.append(["all", *(f"{sum(counts):,}" for counts in summary.counts.values())])
    print_rows(["class", *summary.counts], rows, numbers_from=1)
