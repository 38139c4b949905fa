"""Search a supernet for architectures with the best trade of accuracy against spikes, on Ray Tune.

Everything is kept in the run's folder, in a journal that survives crashes: `autosnn-ray resume RUN` goes on with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.final import hold_final
from autosnn_ray.cli.options import add_ray_options, number, ray_arguments

if TYPE_CHECKING:
    import pandas as pd

    from autosnn_ray.data import Dataset
    from autosnn_ray.evaluators import NamedEvaluator
    from autosnn_ray.training import Supernet

AFTER_INTERRUPT = "Nothing is lost: autosnn-ray resume RUN goes on with it."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("supernet", type=str, help="folder of a trained supernet")
    parser.add_argument("run", type=str, help="folder for the run's journal and results")
    parser.add_argument(
        "--algorithm", type=str, default="autosnn", help="autosnn (generations), steady_state or random"
    )
    parser.add_argument("--algorithm-settings", type=dict[str, Any], default={}, help="the algorithm's own settings")
    parser.add_argument("--candidates", type=int, default=400, help="how many architectures to evaluate")
    parser.add_argument("--seed", type=int, default=0, help="what every random draw comes from")
    parser.add_argument(
        "--exponent",
        type=number,
        default=-0.08,
        help="of the fitness; 0: accuracy alone; lower: spikes are dearer",
    )
    parser.add_argument(
        "--reference-spikes",
        type=number,
        default=None,
        help="of the fitness, in spikes/sample (default: the one measured with the supernet)",
    )
    parser.add_argument(
        "--evaluator",
        type=str,
        default="path",
        help="path (as it is) or recalibrated (batch norm measured anew)",
    )
    parser.add_argument(
        "--survey",
        type=int,
        default=0,
        help="first train so many architectures alone, and predict the others from them: about twice as many as there "
        "are choices over all slots, such as 40; 0: believe the supernet",
    )
    parser.add_argument("--survey-epochs", type=int, default=20, help="length of each training of the survey")
    parser.add_argument(
        "--finalists", type=int, default=0, help="end with a final: train so many of the best alone, by halving"
    )
    parser.add_argument(
        "--data-folder", type=str | None, default=None, help="where the data set's files are now, if they were moved"
    )
    parser.add_argument("--space", type=str | None, default=None, help="refuse a supernet of another space than this")
    parser.add_argument("--timesteps", type=int | None, default=None, help="refuse a supernet of another T than this")
    parser.add_argument("--resume", action="store_true", help="go on with the run that is in the folder")
    add_ray_options(parser)


def run(options: Namespace) -> None:
    """Runs or resumes a search."""
    import search_spaces
    from autosnn_ray.algorithms import make_algorithm
    from autosnn_ray.cli.console import console, search_bar
    from autosnn_ray.cluster.final import halving
    from autosnn_ray.cluster.plan import plan_of
    from autosnn_ray.cluster.remote import is_url
    from autosnn_ray.cluster.search import search
    from autosnn_ray.data import load_described
    from autosnn_ray.errors import InvalidInputError
    from autosnn_ray.objectives import SpikeAwareFitness
    from autosnn_ray.training import Supernet

    if options.finalists and is_url(options.storage):
        raise InvalidInputError(
            "--finalists: a final is not copied to a URL while it goes on; hold it afterwards (autosnn-ray final RUN), "
            "and then copy it (autosnn-ray resume RUN --storage URL)"
        )
    space = search_spaces.load(options.space) if options.space else None
    supernet = Supernet.load(options.supernet, space=space, timesteps=options.timesteps)
    algorithm = make_algorithm(options.algorithm, seed=options.seed, **options.algorithm_settings)
    data = load_described(supernet.data, options.data_folder)
    evaluator = _survey(options, supernet, data) if options.survey else options.evaluator
    reference = options.reference_spikes if options.reference_spikes is not None else supernet.reference_spikes
    fitness = SpikeAwareFitness(reference, options.exponent)
    with search_bar("search", options.candidates, fitness) as on_told:
        found = search(
            supernet,
            data,
            path=options.run,
            algorithm=algorithm,
            candidates=options.candidates,
            exponent=options.exponent,
            reference_spikes=options.reference_spikes,
            evaluator=evaluator,
            resume=options.resume,
            on_told=on_told,
            **ray_arguments(options),
        )
    show_results(found.path, best=5)
    if options.finalists:
        hold_final(options, found, plan_of(found.path, found.config()), halving(options.finalists))
    console.print(f"next: autosnn-ray show {found.path} --save pictures")


def _survey(options: Namespace, supernet: Supernet, data: Dataset) -> NamedEvaluator:
    """Trains a sample alone, says what can be learned from it, and makes the evaluator that has learned it."""
    from autosnn_ray.cli.console import console, print_rows, run_bar
    from autosnn_ray.cluster.home import run_home
    from autosnn_ray.cluster.survey import survey
    from autosnn_ray.errors import InvalidInputError
    from autosnn_ray.space import AdditiveModel

    if options.evaluator != "path":
        raise InvalidInputError("--survey is an evaluator of its own; leave --evaluator out")
    home = run_home(options.run, options.storage, is_new=not options.resume)
    with run_bar() as on_run, home as opened:
        evaluator = survey(
            supernet,
            data,
            path=opened.folder / "survey",
            sample=options.survey,
            epochs=options.survey_epochs,
            on_run=on_run,
            **ray_arguments(options, storage=False),
        )
    learned = evaluator.settings["survey"]
    models = {name: AdditiveModel.from_dict(learned[name]) for name in ("accuracy", "spikes")}
    print_rows(
        ["quantity", "explained", "error"],
        [
            ["accuracy", f"{models['accuracy'].explained:.0%}", f"{models['accuracy'].error:.2%} (points)"],
            ["spikes, beyond the path's", f"{models['spikes'].explained:.0%}", f"{models['spikes'].error:.0%}"],
        ],
        title=f"what the choices explain, by {len(learned['architectures'])} architectures trained alone",
    )
    if models["accuracy"].explained < 0.01:
        console.print("accuracies differ by no more than chance: all are taken as equal, and spikes decide")
    return evaluator


def show_results(path: Path, best: int) -> None:
    """Prints the best candidates and the front of a run."""
    import analysis
    from autosnn_ray.cli.console import console, print_candidates

    frame = analysis.read(path)
    config = analysis.read_config(path)
    done = frame[frame.status == "done"]
    size = len(done)
    failed = int((frame.status == "failed").sum())
    pending = int((frame.status == "pending").sum())
    told = [
        f"{size} candidates evaluated",
        f"{failed} failed" if failed else "",
        f"{pending} pending" if pending else "",
    ]
    console.print(f"{path}: {', '.join(part for part in told if part)} in space {config['space']['name']}")
    if size < config["candidates"] and not pending and not failed:
        console.print(f"the space is used up: it holds no more than {size} architectures")
    print_candidates(analysis.best(frame, best), f"the {min(best, size)} of highest fitness")
    print_candidates(analysis.front(frame), "the front: none other is as accurate with fewer spikes")
    if size:
        _say_what_cannot_be_told_apart(frame)
    evaluator = config.get("evaluator", {"name": "", "settings": {}})
    if "survey" in evaluator["settings"]:
        learned = evaluator["settings"]["survey"]["architectures"]
        console.print(f"accuracies and spikes are predictions, learned from {len(learned)} architectures trained alone")
    elif evaluator["name"] in ("path", "recalibrated"):
        console.print(
            "accuracies are those of paths of the supernet: it ranks spikes well and accuracy badly (docs/ranking.md); "
            "`search --survey 40` predicts accuracies from networks trained alone, `autosnn-ray final` trains the best"
        )
    objective = config["objective"]
    console.print(
        f"fitness = accuracy * (spikes / {objective['reference_spikes']:,.0f}) ** {objective['exponent']:g}; "
        "the reference is in spikes/sample"
    )


def _say_what_cannot_be_told_apart(frame: pd.DataFrame) -> None:
    import analysis
    from autosnn_ray.cli.console import console

    chosen, preferred = analysis.choose(frame), analysis.preferred(frame)
    equal = analysis.indistinguishable(frame, int(chosen["index"]))
    console.print(
        f"highest fitness: {chosen['architecture']}, accuracy {chosen['accuracy']:.2%} "
        f"({chosen['accuracy_low']:.1%} to {chosen['accuracy_high']:.1%})"
    )
    if len(equal) > 1:
        console.print(
            f"{len(equal)} candidates cannot be told from it by their accuracy; fewest spikes of them: "
            f"{preferred['architecture']}, {preferred['accuracy']:.2%}, {preferred['spikes']:,.0f} spikes/sample"
        )
