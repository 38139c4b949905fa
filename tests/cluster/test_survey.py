"""A survey, with real trainings of tiny networks on real Ray processes."""

from __future__ import annotations

import math

import pytest

import analysis
import autosnn_ray as asr
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.space import AdditiveModel

pytestmark = [pytest.mark.ray, pytest.mark.slow]


@pytest.fixture(scope="module")
def ray():
    with ray_session(num_cpus=2):
        yield


def test_too_few_to_learn_from_are_refused_before_any_is_trained(tiny_supernet, digits, tmp_path):
    with pytest.raises(InvalidInputError, match="a survey: expected at least 5 architectures, got 4"):
        asr.survey(tiny_supernet, digits, path=tmp_path / "survey", sample=4)
    assert not (tmp_path / "survey").exists()


def test_a_survey_is_learned_from_searched_with_and_never_judged_by_what_it_saw(tiny_supernet, digits, tmp_path, ray):
    supernet, folder = tiny_supernet, tmp_path / "survey"
    evaluator = asr.survey(supernet, digits, path=folder, sample=6, epochs=1)
    before = (folder / "alone" / "journal.jsonl").read_bytes()
    assert asr.survey(supernet, digits, path=folder, sample=6, epochs=1) == evaluator
    assert (folder / "alone" / "journal.jsonl").read_bytes() == before, "the sample was trained once more"

    run = asr.search(supernet, digits, path=tmp_path / "run", candidates=4, evaluator=evaluator)
    paths = asr.search(supernet, digits, path=tmp_path / "paths", candidates=4).frame()
    frame, survey = run.frame(), evaluator.settings["survey"]
    spikes = AdditiveModel.from_dict(survey["spikes"])
    accuracy = AdditiveModel.from_dict(survey["accuracy"])
    for row, path in zip(frame.itertuples(), paths.itertuples(), strict=False):
        if row.architecture != path.architecture:
            break
        architecture = tuple(row.architecture.split("/"))
        assert row.spikes == pytest.approx(path.spikes * math.exp(spikes.predict(architecture)))
        assert row.accuracy == pytest.approx(accuracy.predict(architecture))
    assert frame["architecture"].iloc[0] == paths["architecture"].iloc[0]

    extended = asr.resume(tmp_path / "run", candidates=6)
    assert len(extended.frame()) == 6, "the journal alone holds what was learned"

    ranked = asr.rank(supernet, digits, path=tmp_path / "rank", sample=9, epochs=1, evaluators=[evaluator])
    assert len(survey["architectures"]) == 6
    with pytest.raises(InvalidInputError, match="not among those the evaluator has learned from, found 3"):
        analysis.read_rankings(ranked)
