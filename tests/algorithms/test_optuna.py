"""Optuna's samplers: what they resume as, what they are told, and that they say nothing in a terminal."""

from __future__ import annotations

import sys
import warnings

import optuna
import pytest

import autosnn_ray as asr
import search_spaces
from autosnn_ray.algorithms import Optuna, algorithm_from_dict, replay
from autosnn_ray.algorithms.optuna_samplers import SAMPLERS
from autosnn_ray.errors import InvalidInputError, JournalError, SearchInterruptedError
from autosnn_ray.evaluations import Failure
from autosnn_ray.journal import Ask, Fail, Tell, read_journal
from autosnn_ray.testing.algorithm_replays import go_on
from autosnn_ray.testing.searches import TWO, evaluate, run
from tests.algorithms.test_contract import OBJECTIVE

SPACE = search_spaces.load("digits_16")
SLOW = {"gp": 13}
"""A Gaussian process takes about a second for each candidate after its ten random ones."""


class Restless(optuna.samplers.RandomSampler):
    """A sampler that never proposes the same twice, as one of another version would not."""

    drawn = 0

    def __init__(self) -> None:
        Restless.drawn += 1
        super().__init__(seed=Restless.drawn)


def outcome(candidate):
    return evaluate(candidate.architecture) if candidate.index % 6 else Failure("now and then")


def trials_of(state) -> list:
    done = state.study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))
    return sorted((sorted(one.params.items()), one.values, sorted(one.constraints.items())) for one in done)


@pytest.mark.parametrize("goal", [OBJECTIVE, TWO], ids=["fitness", "two under a constraint"])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_stopped_anywhere_it_goes_on_as_if_it_had_not_been(sampler, goal):
    """Proposals after the resuming, with candidates under way, are those of the run that was not disturbed."""
    algorithm = Optuna(sampler=sampler, seed=3)
    assert algorithm.resumes == "exactly"
    count = SLOW.get(sampler, 60)
    whole = algorithm.start(SPACE, count, goal)
    _, events = run(whole, outcome, workers=3)
    if sampler != "gp":
        assert any(event.repeated for event in events if isinstance(event, Ask)) or sampler == "nsga3"
    for cut in (len(events) // 2, len(events) - 2):
        state = algorithm.start(SPACE, count, goal)
        replay(state, events[:cut])
        go_on(state, events[cut:])
        assert trials_of(state) == trials_of(whole)


def test_a_sampler_that_proposes_otherwise_goes_on_soundly():
    """Nothing is proposed twice, numbers go on, and the study is that of the journal's trials."""
    algorithm = Optuna(sampler=Restless)
    assert algorithm.resumes == "statistically"
    first, events = run(algorithm.start(SPACE, 40, TWO), outcome, workers=3)
    state = algorithm.start(SPACE, 80, TWO)
    replay(state, events[:61])
    asked = [event for event in events[:61] if isinstance(event, Ask)]
    told = {event.index: event for event in events[:61] if isinstance(event, Tell | Fail)}
    assert [one.index for one in state.pending] == [one.index for one in asked if one.index not in told]
    expected = sorted(
        (
            sorted((f"slot_{place}", choice) for place, choice in enumerate(one.architecture)),
            [told[one.index].evaluation.accuracy, told[one.index].evaluation.spikes],
            [("spikes at most 1,200", told[one.index].evaluation.spikes / 1200 - 1)],
        )
        for one in asked
        if isinstance(told.get(one.index), Tell)
    )
    assert [one[:2] for one in trials_of(state)] == [one[:2] for one in expected]
    for found, wanted in zip(trials_of(state), expected, strict=True):
        assert found[2] == [(wanted[2][0][0], pytest.approx(wanted[2][0][1]))]
    for candidate in state.pending:
        state.tell(candidate.index, outcome(candidate))
    rest, _ = run(state, outcome)
    whole = first[: len(asked)] + rest
    assert [one.index for one in whole] == list(range(80))
    assert len({one.architecture for one in whole}) == 80


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_the_journal_of_another_version_is_taken_up(sampler):
    """Another seed stands for a version that draws otherwise."""
    first, events = run(Optuna(sampler=sampler, seed=1).start(SPACE, 30, OBJECTIVE))
    state = Optuna(sampler=sampler, seed=2).start(SPACE, 60, OBJECTIVE)
    replay(state, events)
    rest, _ = run(state)
    assert [one.index for one in rest] == list(range(30, 60))
    assert len({one.architecture for one in [*first, *rest]}) == 60


def test_what_is_proposed_again_is_told_and_not_evaluated():
    evaluated = []

    def noted(candidate):
        evaluated.append(candidate.architecture)
        return evaluate(candidate.architecture)

    state = Optuna(seed=0).start(SPACE, 120, OBJECTIVE)
    found, _ = run(state, noted, workers=1)
    repeated = [index for one in found for index in one.repeated]
    assert len(repeated) > 5
    assert len(evaluated) == len(set(evaluated)) == 120
    assert len(trials_of(state)) == 120 + len(repeated)


def test_failures_are_told_as_failures():
    state = Optuna(seed=0).start(SPACE, 4, OBJECTIVE)
    run(state, lambda candidate: Failure("no"))
    assert {trial.state for trial in state.study.trials} == {optuna.trial.TrialState.FAIL}


@pytest.mark.parametrize(
    "sampler", ["cmaes", "cma-es", "CMAES", optuna.samplers.CmaEsSampler, optuna.samplers.CmaEsSampler(seed=0)]
)
def test_what_cannot_search_slots_is_refused_with_the_reason(sampler):
    with pytest.raises(InvalidInputError, match="of slots, which are categorical, it draws at random"):
        Optuna(sampler=sampler)


def test_a_function_that_makes_it_is_found_out():
    with pytest.raises(InvalidInputError, match="categorical"):
        Optuna(sampler=lambda seed: optuna.samplers.CmaEsSampler(seed=seed)).start(SPACE, 4, OBJECTIVE)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"sampler": "annealing"}, "unknown sampler 'annealing'; expected one of: tpe, gp, nsga2, nsga3"),
        ({"sampler": "os:system"}, "os:system: it is of one's own, and no file's word imports it"),
        ({"sampler": 3}, "expected one of tpe"),
        ({"settings": {"seed": 3}}, "seed is not one to set"),
        ({"settings": {"multivariate": False}}, "TPE is always multivariate"),
        ({"settings": {"gamma": len}}, "which a journal can hold"),
        ({"settings": [3]}, "those of the sampler by name"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, why):
    with pytest.raises(InvalidInputError, match=why):
        Optuna(**settings)


def test_unknown_settings_of_a_sampler_are_named_with_the_known_ones():
    with pytest.raises(InvalidInputError, match=r"settings of tpe: .*speed.*; it has: .*n_startup_trials"):
        Optuna(settings={"speed": 3}).start(SPACE, 4, OBJECTIVE)
    with pytest.raises(InvalidInputError, match="expected none beside a sampler that is made already"):
        Optuna(sampler=optuna.samplers.TPESampler(), settings={"n_startup_trials": 3}).start(SPACE, 4, OBJECTIVE)
    with pytest.raises(InvalidInputError, match="expected a sampler of Optuna's, got 3"):
        Optuna(sampler=lambda: 3).start(SPACE, 4, OBJECTIVE)


def test_a_sampler_made_already_is_copied_and_so_repeats_itself():
    made = optuna.samplers.TPESampler(seed=5, multivariate=True)
    first, second = (run(Optuna(sampler=made).start(SPACE, 30, OBJECTIVE))[0] for _ in range(2))
    assert first == second


def test_it_is_silent(capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for sampler in ("tpe", "nsga2", "nsga3"):
            run(Optuna(sampler=sampler).start(SPACE, 30, TWO))
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == optuna.logging.INFO


def test_without_optuna_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InvalidInputError, match=r"^Optuna is not installed: pip install 'autosnn-ray\[optuna\]'$"):
        Optuna().start(SPACE, 4, OBJECTIVE)


def numbers(problem, architecture):
    found = evaluate(architecture)
    return {"accuracy": found.accuracy, "spikes": found.spikes}


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_a_run_that_was_interrupted_ends_as_one_that_was_not(tmp_path, sampler):
    """From its journal alone, which holds what was proposed again too."""
    problem, calls = asr.Problem(SPACE, asr.load_dataset("digits")), []

    def interrupted(problem, architecture):
        calls.append(architecture)
        if len(calls) == 70:
            raise KeyboardInterrupt
        return numbers(problem, architecture)

    def go(evaluator, folder, **further):
        algorithm = Optuna(sampler=sampler, seed=1)
        return asr.search(
            problem, evaluator, path=tmp_path / folder, algorithm=algorithm, candidates=90, executor=asr.Local(),
            **further,
        ).frame()  # fmt: skip

    whole = go(numbers, "whole")
    with pytest.raises(SearchInterruptedError):
        go(interrupted, "cut")
    assert any(event.repeated for event in read_journal(tmp_path / "cut").events if isinstance(event, Ask))
    asr.resume(tmp_path / "cut", evaluator=interrupted)
    again = asr.Run(tmp_path / "cut").frame()
    assert again["architecture"].tolist() == whole["architecture"].tolist()


def test_a_run_holds_versions_and_goes_on_with_a_sampler_of_ones_own(tmp_path):
    problem = asr.Problem(SPACE, asr.load_dataset("digits"))
    asr.search(
        problem, numbers, path=tmp_path / "tpe", algorithm=Optuna(sampler="gp"), candidates=3, executor=asr.Local()
    )
    versions = read_journal(tmp_path / "tpe").config["versions"]
    assert versions["optuna"] == optuna.__version__
    assert {"scipy", "torch"} <= versions.keys()

    def go(candidates, **further):
        return asr.search(
            problem,
            numbers,
            path=tmp_path / "own",
            algorithm=Optuna(sampler=Restless),
            candidates=candidates,
            executor=asr.Local(),
            **further,
        )

    stopped = go(12).frame()
    held = read_journal(tmp_path / "own").config["algorithm"]
    assert held["settings"]["sampler"].endswith("test_optuna:Restless")
    with pytest.raises(InvalidInputError, match="give it again from Python"):
        algorithm_from_dict(held)
    assert go(12, resume=True).frame().equals(stopped)
    with pytest.raises(JournalError, match="algorithm"):
        asr.search(
            problem,
            numbers,
            path=tmp_path / "own",
            algorithm=Optuna(sampler="tpe"),
            candidates=12,
            executor=asr.Local(),
            resume=True,
        )
