"""Fits a predictor: a balanced sample of architectures trained from scratch, from which the others are predicted."""

from __future__ import annotations

from pathlib import Path

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluators import Evaluator, Predictor, SupernetPath, TrainFromScratch, TrainingFree
from autosnn_ray.evaluators.predictor import fit
from autosnn_ray.journal import read_journal
from autosnn_ray.problem import Problem
from autosnn_ray.progress import OnRun, run_bar
from autosnn_ray.runs.batches import evaluate_all
from autosnn_ray.runs.executors import Executor, OpenExecutor
from autosnn_ray.runs.lengths import epochs_for
from autosnn_ray.runs.sample import balanced_sample
from autosnn_ray.space.additive import FEWEST
from autosnn_ray.training.supernet import Supernet

PREDICTOR_SEED = 10
"""Another than a ground truth is drawn and trained with: `fidelity` must not judge what a predictor was fitted on."""

SAMPLE = 80
SHORT_EPOCHS = 2
"""Many short trainings teach more than few long ones: docs/ranking.md has the figures."""


def fit_predictor(
    problem: Problem,
    supernet: Supernet | None = None,
    *,
    path: str | Path,
    sample: int = SAMPLE,
    epochs: int | None = None,
    seed: int = PREDICTOR_SEED,
    executor: Executor | OpenExecutor | None = None,
    on_run: OnRun | None = None,
    progress: bool | None = None,
) -> Predictor:
    """Trains a balanced sample from scratch, and makes the evaluator that predicts every other architecture from it.

    Args:
        problem: What is searched; only training and validation samples are used.
        supernet: Whose paths' spikes are corrected; where None, spikes are predicted from the sample, before and after
            its training.
        path: Where the runs are kept, ``scratch`` and ``untrained``, or with a supernet ``path``; what is there is
            used again, and extended.
        sample: Architectures; about three times as many as there are choices over all slots. All of a space that has
            fewer.
        epochs: Length of each training, passes over the training split; where None two, or more where few samples make
            few steps.
        seed: What the sample and its trainings are drawn from.
        executor: Where; Ray started on this machine where None.
        on_run: Is called with every run that begins.
        progress: Whether to show a bar; where None, if a terminal or a notebook is there.

    Returns:
        The evaluator, for ``search`` and ``fidelity``.

    Raises:
        InvalidInputError: Fewer than five architectures were asked for, or could be trained.
        JournalError: What is there was made with other settings.
    """
    sample, epochs = min(sample, problem.space.size), short_epochs(problem) if epochs is None else epochs
    check_sample(sample)
    home = Path(path)
    scratch = home / "alone" if (home / "alone").is_dir() else home / "scratch"  # older studies call it alone
    runs: list[tuple[str, Path, Evaluator]] = [("scratch", scratch, TrainFromScratch(epochs=epochs, seed=seed))]
    if supernet is None:
        runs.append(("untrained", home / "untrained", TrainingFree(seed=seed)))
    else:
        runs.append(("paths", home / "path", SupernetPath(supernet)))
    with run_bar(progress=progress, then=on_run) as told:
        batches = [
            balanced_sample(
                problem, one, folder, f"predictor, {one.name}", sample=sample, seed=seed,
                on_run=None if what == "untrained" else told,  # a matter of seconds
            )
            for what, folder, one in runs
        ]  # fmt: skip
        evaluate_all(batches, executor=executor)
    found = {
        what: {architecture: told[0] for architecture, told in read_journal(folder).evaluations.items()}
        for what, folder, _ in runs
    }
    trained = found.pop("scratch")
    return Predictor(fit(trained, **found, epochs=epochs, problem=problem), supernet)


def short_epochs(problem: Problem) -> int:
    """Returns how long the trainings of a sample are unless told otherwise."""
    return epochs_for(problem, SHORT_EPOCHS)


def check_sample(sample: int) -> None:
    """Refuses a sample that no predictor can be fitted on.

    Raises:
        InvalidInputError: So it is.
    """
    if sample < FEWEST:
        raise InvalidInputError(f"sample: expected at least {FEWEST} architectures to fit a predictor on, got {sample}")
