"""Go on with a search that was cut off, from what its folder holds; or extend one by more candidates.

Candidates that were under way are evaluated again; none is lost, none is counted twice. A search that was cut off while
its sample was trained, or the best at its end, goes on with that, to all that it was asked for.
"""

from __future__ import annotations

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.executor_options import URL_TOO, add_executor_options, chosen_executor
from autosnn_ray.cli.finalists import add_finalists_option, check_finalists, end_with_finalists, trains_finalists
from autosnn_ray.cli.goal_options import add_reuse_options
from autosnn_ray.cli.options import add_moved_options, moved_data, problem_of_run

EXAMPLE = "autosnn-ray resume runs/first --candidates 600"
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
    add_finalists_option(parser)
    add_reuse_options(parser)
    add_moved_options(parser)
    add_executor_options(parser, URL_TOO)


def run(options: Namespace) -> None:
    """Resumes or extends a search."""
    from autosnn_ray.cli.console import console, say_next
    from autosnn_ray.cli.results import show_found
    from autosnn_ray.errors import JournalError
    from autosnn_ray.journal import read_journal
    from autosnn_ray.runs.noted import noted_search
    from autosnn_ray.runs.resuming import resume
    from autosnn_ray.storage.run_folder import open_run_folder

    check_finalists(options)
    with open_run_folder(options.run, options.storage) as home:  # fetched from a URL, where it is not here
        folder = home.path
        noted = noted_search(folder)
        config = read_journal(folder).config if noted is None else noted
    if not {"goal", "candidates"} <= config.keys():
        raise JournalError(
            f"{folder}: the search was ended before it had begun; start it again with autosnn-ray search"
        )
    if options.finalists is None:
        options.finalists = config.get("finalists")
    if noted is not None:
        console.print(f"the sample of {noted['sample']} is gone on with; the search then predicts all others from it")
    executor = chosen_executor(options, config.get("executor"))
    found = resume(
        options.run,
        candidates=options.candidates,
        supernet=options.supernet,
        data=moved_data(options),
        reuse=options.reuse,
        executor=executor,
        storage=options.storage,
        progress=True,
    )
    trains = trains_finalists(options, config)
    show_found(found.path, best=5, trains=trains)
    if trains:
        problem, _ = problem_of_run(options, found.path)
        end_with_finalists(options, problem, found, executor)
    say_next("show", found.path, "--save", "pictures")
