"""Go on with a search that was cut off, from what its folder holds; or extend one by more candidates.

Candidates that were under way are evaluated again; none is lost, none is counted twice.
"""

from __future__ import annotations

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.options import add_ray_options, ray_arguments

AFTER_INTERRUPT = "Nothing is lost: the same command goes on."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("run", type=str, help="folder of the run")
    parser.add_argument(
        "--candidates",
        type=int | None,
        default=None,
        help="how many to evaluate in all; more than before extends the run (default: as before)",
    )
    parser.add_argument("--supernet", type=str | None, default=None, help="folder of the supernet, if it has moved")
    add_ray_options(parser)


def run(options: Namespace) -> None:
    """Resumes or extends a search."""
    from autosnn_ray.cli.console import console, search_bar
    from autosnn_ray.cli.search import show_results
    from autosnn_ray.cluster.home import run_home
    from autosnn_ray.cluster.search import resume
    from autosnn_ray.errors import JournalError
    from autosnn_ray.journal import read_journal
    from autosnn_ray.objectives import SpikeAwareFitness

    with run_home(options.run, options.storage) as home:  # fetched from a URL, where it is not here
        folder = home.folder
        config = read_journal(folder).config
    if not {"objective", "candidates"} <= config.keys():
        raise JournalError(
            f"{folder}: the search was ended before it had begun; start it again with autosnn-ray search"
        )
    fitness = SpikeAwareFitness.from_dict(config["objective"])
    with search_bar("resume", options.candidates or config["candidates"], fitness) as on_told:
        found = resume(
            options.run,
            candidates=options.candidates,
            supernet=options.supernet,
            on_told=on_told,
            **ray_arguments(options),
        )
    show_results(found.path, best=5)
    console.print(f"next: autosnn-ray show {found.path} --save pictures")
