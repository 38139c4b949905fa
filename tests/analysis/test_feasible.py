"""What a run's frame says counts feasible candidates alone."""

from __future__ import annotations

import numpy as np
import pytest

import analysis
import autosnn_ray as asr
from tests.runs.common import LOCAL, larger_problem
from tests.runs.evaluators import score


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    """The least spikes and the highest accuracies break a constraint: both ends of the front."""
    path = tmp_path_factory.mktemp("run") / "run"
    bounds = [asr.Constraint("accuracy", at_most=0.75), asr.Constraint("spikes", at_least=1500)]
    run = asr.search(larger_problem(), score, path=path, candidates=80, constraints=bounds, executor=LOCAL)
    found = run.frame()
    assert 10 < found.feasible.sum() < 70
    return found


def test_front_hypervolume_and_preferred_are_of_feasible_candidates(frame):
    kept = frame[frame.feasible]
    assert analysis.front(frame).feasible.all()
    assert analysis.front(frame)["index"].tolist() == analysis.front(kept)["index"].tolist()
    whole = analysis.hypervolume(frame.assign(feasible=True), spikes=4000)
    assert analysis.hypervolume(frame, spikes=4000) == analysis.hypervolume(kept, spikes=4000) < whole
    assert analysis.choose(frame).feasible
    preferred = analysis.preferred(frame)
    assert preferred.feasible
    assert analysis.indistinguishable(frame, int(analysis.choose(frame)["index"])).spikes.min() < preferred.spikes


@pytest.mark.parametrize("axis", ["generation", "candidates told"])
def test_the_best_so_far_is_of_feasible_candidates(frame, axis):
    data = analysis.progress_data(frame, axis)
    kept = frame[frame.feasible]
    assert data.best_so_far[-1] == kept.fitness.max() < frame.fitness.max()
    assert int(data.counts.sum()) == len(kept)
    nothing = frame.assign(feasible=False)
    assert analysis.progress_data(nothing, axis).best_so_far[-1] == frame.fitness.max()


def test_pictures_tell_those_that_break_a_constraint_apart(frame):
    data = analysis.pareto_data(frame)
    assert int(data.feasible.sum()) == int(frame.feasible.sum())
    labels = (
        [text.get_text() for text in analysis.draw_pareto(data).legends[0].get_texts()]
        if (analysis.draw_pareto(data).legends)
        else [text.get_text() for text in analysis.draw_pareto(data).axes[0].get_legend().get_texts()]
    )
    assert "breaks a constraint" in labels
    assert "chosen: highest fitness" in labels
    none = analysis.draw_pareto(analysis.pareto_data(frame.assign(feasible=False)))
    said = none.legends[0] if none.legends else none.axes[0].get_legend()
    assert "chosen: least violation" in [text.get_text() for text in said.get_texts()]
    assert np.isfinite(data.front_spikes).all()
