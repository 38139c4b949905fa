"""Show a run: the best candidates, the front, and with --save the frame and pictures of it.

Of a recipe's or the quickstart's folder, a retraining, a study or a supernet: what it is, what is in it, and what it
found. Works while it is running, and needs neither torch nor ray.
"""

from __future__ import annotations

import sys
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.tables import add_format_option, chosen_format, write_tables
from autosnn_ray.errors import unknown_name

EXAMPLE = "autosnn-ray show runs/first --best 10 --save pictures"
AFTER_INTERRUPT = "Nothing was changed."
_PICTURES = ("png", "svg", "pdf")


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("run", type=str, help="folder of the run, or of what holds runs")
    parser.add_argument("--best", type=int, default=5, help="how many of the best to list")
    add_format_option(parser)
    parser.add_argument("--save", type=str | None, default=None, help="folder for frame.csv and the pictures")
    parser.add_argument("--picture-format", type=str, default="png", help="of the pictures: png, svg or pdf")


def run(options: Namespace) -> None:
    """Prints a run, and saves its frame and pictures where asked."""
    from autosnn_ray.cli.folders import of_folder

    if options.format in _PICTURES:
        note = f"--format {options.format} is now --picture-format {options.format}"
        print(f"autosnn-ray: note: {note}; the former use goes with the next release", file=sys.stderr)
        options.picture_format, options.format = options.format, "table"
    form = chosen_format(options)
    if options.picture_format not in _PICTURES:
        raise unknown_name("picture format", options.picture_format, _PICTURES)
    path = Path(options.run)
    write_tables(of_folder(path, options.best), form)
    if options.save:
        files = _save(path, Path(options.save), options.picture_format)
        if form == "table":
            from autosnn_ray.cli.console import say_written

            say_written(files)
            if len(files) == 1:
                print("no picture yet: no candidate has been evaluated")


def _save(path: Path, folder: Path, suffix: str) -> list[Path]:
    from autosnn_ray.cli.designs import save_compared
    from autosnn_ray.cli.folders import run_in
    from autosnn_ray.own_packages import analysis

    if analysis.kind_of(path) == "designs":
        return save_compared(path, folder, suffix)
    return save_results(run_in(path), folder, suffix)


def save_results(run_path: Path, folder: Path, suffix: str = "png") -> list[Path]:
    """Writes a run's frame and, once something was evaluated, every registered plot of it into a folder.

    Returns:
        The files.
    """
    from autosnn_ray.own_packages import analysis
    from autosnn_ray.plugins import every

    frame = analysis.read(run_path)
    files = [analysis.write_frame(frame, folder / "frame.csv")]
    if not (frame.status == "done").any():
        return files
    for name, plot in {**every(analysis.PLOTS), **analysis.PLOTS_OF.get(frame.attrs["algorithm"], {})}.items():
        files.append(analysis.save(plot(run_path), folder / f"{name}.{suffix}"))
    return files
