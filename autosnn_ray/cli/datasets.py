"""List the data sets; or load one, or files of your own, check them and say what they hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.data_options import add_part_options, load_data
from autosnn_ray.cli.tables import Column, Output, Table, add_format_option, chosen_format, said_beside, write_tables

if TYPE_CHECKING:
    from autosnn_ray.data import Dataset, Summary

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
    else:
        _look_into(options, form)


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


def _look_into(options: Namespace, form: str) -> None:
    from autosnn_ray.cli.console import say_written
    from autosnn_ray.data import summarize
    from autosnn_ray.own_packages import analysis

    with said_beside(form):
        data = load_data(options)
    summary = summarize(data)
    write_tables(_found(data, summary, form), form)
    figure = analysis.plot_samples(summary.examples, f"{data.name}: training samples")
    written = analysis.save(figure, Path(options.save))
    if form == "table":
        say_written([written])


def _found(data: Dataset, summary: Summary, form: str) -> Output:
    records = [
        {"class": name, **{part: counts[number] for part, counts in summary.counts.items()}}
        for number, name in enumerate(summary.class_names)
    ]
    if form == "table":
        records.append({"class": "all", **{part: sum(counts) for part, counts in summary.counts.items()}})
    notes = [f"values: {summary.lowest:g} to {summary.highest:g}"]
    about = {
        "data": data.name,
        "checksum": data.checksum,
        "shape": summary.shape,
        "lowest": summary.lowest,
        "highest": summary.highest,
        "left_out": data.skipped,
    }
    if summary.events is not None:
        mean, least, most = summary.events
        notes += [
            f"events a sample: {mean:,.0f} on average, {least:,} to {most:,}",
            f"counts at 255, where they end: {summary.at_most:.2%}",
        ]
        about |= {"events": {"mean": mean, "least": least, "most": most}, "share_at_255": summary.at_most}
    notes += [f"left out: {problem}" for problem in data.skipped]
    columns = [Column("class"), *(Column(part, "{:,}".format, is_number=True) for part in summary.counts)]
    return Output([Table("classes", columns, records, notes=notes)], about, [repr(data)])
