"""Show a run: the best candidates, the front, and with --save the frame and pictures of it.

Works while the search is running, and needs neither torch nor ray.
"""

from __future__ import annotations

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

AFTER_INTERRUPT = "Nothing was changed."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("run", type=str, help="folder of the run")
    parser.add_argument("--best", type=int, default=5, help="how many of highest fitness to list")
    parser.add_argument("--save", type=str | None, default=None, help="folder for frame.csv and the pictures")
    parser.add_argument("--format", type=str, default="png", help="of the pictures: png, svg or pdf")


def run(options: Namespace) -> None:
    """Prints a run, and saves its frame and pictures where asked."""
    from autosnn_ray.cli.console import console
    from autosnn_ray.cli.search import show_results

    show_results(Path(options.run), options.best)
    if options.save:
        for path in save_results(Path(options.run), Path(options.save), options.format):
            console.print(f"written: {path}")


def save_results(run_path: Path, folder: Path, suffix: str = "png") -> list[Path]:
    """Writes a run's frame and every registered plot into a folder.

    Returns:
        The files.
    """
    import analysis

    frame = analysis.read(run_path)
    files = [analysis.write_frame(frame, folder / "frame.csv")]
    for name, plot in analysis.PLOTS.items():
        files.append(analysis.save(plot(run_path), folder / f"{name}.{suffix}"))
    return files
