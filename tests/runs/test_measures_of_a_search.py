"""What a search measures besides, what its constraints keep from being evaluated, what it takes from earlier runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
import torch

import analysis
import autosnn_ray as asr
from autosnn_ray.errors import InvalidInputError, JournalError
from autosnn_ray.evaluation import profile
from autosnn_ray.evaluators import EVALUATORS, Evaluator
from autosnn_ray.journal import read_correct, read_journal
from autosnn_ray.measures import MEASURES, Known, Measured
from autosnn_ray.spiking.weights import path_weights
from tests.evaluators.test_evaluators import made
from tests.runs.common import LOCAL, cut, larger_problem, rows, untrained
from tests.runs.evaluators import Counting, score, scored

TAKEN = [name for name, kind in MEASURES.items() if isinstance(kind, Measured)]
WITH_NETWORK = [name for name, kind in EVALUATORS.items() if kind.has_network]


def search(problem, evaluator, path, **options):
    return asr.search(problem, evaluator, path=path, **{"executor": LOCAL, **options})


def skips(problem, architecture):
    return architecture.count("skip")


def depth(network, problem):
    assert not network.training
    assert problem.data.test is None or len(problem.data.test) == 0
    return float(len(list(network.modules())))


@dataclass(frozen=True)
class Silent(Evaluator):
    """Says that it has a network, and offers none."""

    name: ClassVar[str] = "silent"
    summary: ClassVar[str] = "forgets its network"
    has_network: ClassVar[bool] = True

    def start(self, context):
        return lambda architecture, repetition: scored(architecture)


def dear(problem, architecture):
    return {"accuracy": 0.5, "spikes": 10.0, "memory": 3.0}


@pytest.mark.parametrize("name", WITH_NETWORK)
def test_an_evaluator_with_a_network_offers_it_to_every_measure(name, tiny_problem, tiny_supernet, tmp_path):
    run = search(
        tiny_problem, made(name, tiny_supernet), tmp_path / "run", candidates=2, measures=TAKEN,
        algorithm=asr.RandomSearch(),
    )  # fmt: skip
    frame = run.frame()
    assert frame.status.eq("done").all(), frame.reason.tolist()
    for measure in TAKEN:
        assert (frame[measure] > 0).all()
    assert run.config()["measures"] == {measure: {} for measure in TAKEN}
    told = read_journal(run.path).told[0][1].evaluation.measures
    assert (told["latency"].basis, told["latency"].threads) == ("timed", torch.get_num_threads())


def test_what_an_algorithm_spans_its_grid_with_is_measured_too(tiny_problem, tiny_supernet, tmp_path):
    algorithm = asr.MapElites(measures=("energy", "parameters"), initial=2)
    run = search(tiny_problem, asr.SupernetPath(tiny_supernet), tmp_path / "run", candidates=4, algorithm=algorithm)
    assert (run.frame()["energy"] > 0).all()


def test_every_frame_holds_what_is_known_beforehand(tiny_problem, tmp_path):
    frame = search(tiny_problem, score, tmp_path / "run", candidates=9).frame()
    for row in frame.itertuples():
        cost = tiny_problem.costs.of(tuple(row.architecture.split("/")))
        assert (row.parameters, row.macs) == (cost.parameters, cost.macs)
        assert row.memory == cost.weight_bytes + cost.activation_bytes
    assert not set(TAKEN) & set(frame)
    assert "measures" not in analysis.read_config(tmp_path / "run")


def test_energy_of_a_path_is_that_of_the_same_architecture_as_a_network_of_its_own(
    tiny_problem, tiny_supernet, tmp_path
):
    frame = search(
        tiny_problem, asr.SupernetPath(tiny_supernet), tmp_path / "run", candidates=9,
        objectives=["accuracy", "energy"], measures=["synaptic_operations"], algorithm=asr.NSGA2(),
    ).frame()  # fmt: skip
    for row in frame.itertuples():
        network = tiny_problem.network(torch.Generator(), tiny_problem.space.parse(row.architecture))
        network.load_state_dict(path_weights(tiny_supernet.network.state_dict(), network))
        found = profile(network, tiny_problem.data.validation)
        assert row.energy == pytest.approx(found.total("energy"), rel=1e-12)
        assert row.synaptic_operations == found.synaptic_operations
    assert frame.energy.nunique() == 9


def test_objectives_by_name_have_the_measures_own_direction(tiny_problem, tiny_supernet, tmp_path):
    evaluator = asr.SupernetPath(tiny_supernet)
    run = search(tiny_problem, evaluator, tmp_path / "run", objectives=["fitness", "accuracy", "macs"], candidates=1)
    fitness, accuracy, macs = run.config()["goal"]["objectives"]
    assert fitness["reference_spikes"] == tiny_supernet.reference_spikes
    assert accuracy == {"kind": "maximize", "measure": "accuracy"}
    assert macs == {"kind": "minimize", "measure": "macs"}
    with pytest.raises(InvalidInputError, match="unknown objective 'enrgy'; expected one of: fitness, accuracy"):
        search(tiny_problem, evaluator, tmp_path / "other", objectives="enrgy")


def test_what_cannot_be_measured_is_refused_before_anything_is_written(tiny_problem, tiny_supernet, tmp_path):
    predictor = made("predictor", tiny_supernet)
    for evaluator, asked, text in (
        (score, {"measures": ["energy"]}, r"measure energy: .* evaluator function has none: it finds what it returns"),
        (
            predictor,
            {"algorithm": asr.MapElites(measures=("energy", "spikes"))},
            "energy: .* predictor has none",
        ),
        (predictor, {"objectives": ["accuracy", "latency"]}, "evaluator predictor has none: it finds accuracy, spikes"),
        (asr.TrainingFree(), {"objectives": "accuracy"}, "accuracy: evaluator training_free finds score, spikes"),
        (asr.SupernetPath(tiny_supernet), {"constraints": [asr.Constraint("calories", at_most=1)]}, "calories"),
        (score, {"measures": ["calories"]}, "unknown measure 'calories'; expected one of: accuracy, loss, spikes"),
        (score, {"measures": [3]}, "measures: expected names such as energy"),
        (score, {"measures": [Known("macs", skips)]}, "measure macs: is known already, as another"),
    ):
        with pytest.raises(InvalidInputError, match=text) as refused:
            search(tiny_problem, evaluator, tmp_path / "run", **asked)
        assert "\n" not in str(refused.value)
        assert not (tmp_path / "run").exists()


def test_a_function_may_give_what_else_is_measured_on_a_network(tiny_problem, tmp_path):
    def own_energy(problem, architecture):
        return {"accuracy": 0.5, "spikes": 1.0, "energy": float(architecture.count("skip"))}

    run = search(tiny_problem, own_energy, tmp_path, candidates=9, constraints=[asr.Constraint("energy", at_most=0)])
    assert run.frame().feasible.sum() == 4


def test_an_evaluator_that_offers_no_network_fails_its_candidates_with_the_reason(tiny_problem, tmp_path):
    frame = search(tiny_problem, Silent(), tmp_path, candidates=1, measures=["energy"]).frame()
    assert "energy: expected evaluator silent to offer each candidate's network" in frame.reason[0]


def test_a_number_of_the_evaluators_under_the_name_of_what_is_known_is_not_believed(tiny_problem, tmp_path):
    frame = search(tiny_problem, dear, tmp_path, candidates=1).frame()
    assert "measure memory: the evaluator gives 3, and it is known beforehand to be" in frame.reason[0]


def test_measures_of_ones_own_are_known_to_the_journal_and_needed_to_go_on(tiny_problem, tiny_supernet, tmp_path):
    evaluator, mine = asr.SupernetPath(tiny_supernet), [Known("skips", skips), Measured("depth", depth)]
    run = search(
        tiny_problem, evaluator, tmp_path / "run", measures=mine, candidates=5, algorithm=asr.RandomSearch(),
        constraints=[asr.Constraint("skips", at_most=1)],
    )  # fmt: skip
    frame = run.frame()
    assert frame.skips.tolist() == [name.count("skip") for name in frame.architecture]
    assert frame.skips.max() == 1
    assert frame.depth.nunique() > 1
    config = run.config()
    assert config["measures"] == {
        name: {"name": f"{__name__}:{function}", "settings": {}}
        for name, function in (("skips", "skips"), ("depth", "depth"))
    }
    assert config["filters"] == ["skips"]
    whole = rows(run)
    cut(run.path, 8)
    with pytest.raises(InvalidInputError, match=r"the run took skips, depth, which is none of .*resume\(…, measures"):
        asr.resume(run.path, executor=LOCAL)
    with pytest.raises(JournalError, match=r"measures\.depth\.name: .*:depth' there"):
        asr.resume(run.path, executor=LOCAL, measures=[mine[0], Measured("depth", skips)])
    assert rows(asr.resume(run.path, executor=LOCAL, measures=mine)) == whole


def test_no_evaluation_is_spent_on_what_is_known_to_break_a_constraint(tmp_path):
    problem = larger_problem()
    sizes = {architecture: problem.costs.of(architecture) for architecture in problem.space.enumerate()}
    few = sorted(cost.macs for cost in sizes.values())[60]
    notes = tmp_path / "notes"
    notes.mkdir()
    run = search(
        problem, Counting(str(notes)), tmp_path / "run", constraints=[asr.Constraint("macs", at_most=few)]
    )  # fmt: skip
    feasible = {"/".join(one) for one, cost in sizes.items() if cost.macs <= few}
    assert {path.name.split(".")[0] for path in notes.iterdir()} == {name.replace("/", "-") for name in feasible}
    frame = run.frame()
    assert frame.feasible.all()
    assert analysis.state(run.path) == "finished: the feasible part of the space is used up"
    whole = rows(run)
    cut(run.path, 41)
    assert rows(asr.resume(run.path, executor=LOCAL, evaluator=Counting(str(notes)))) == whole


def test_a_space_in_which_nothing_is_feasible_is_refused_with_what_comes_nearest(tmp_path, monkeypatch):
    problem = larger_problem()
    least = min(problem.parameters(architecture) for architecture in problem.space.enumerate())
    bound = [asr.Constraint("parameters", at_most=least / 2), asr.Constraint("spikes", at_most=1)]
    nearest = rf"nearest is skip/skip/skip/skip/skip with parameters {least:,}, a violation of 1$"
    with pytest.raises(InvalidInputError, match=f"no architecture of digits_16 keeps parameters at most .*{nearest}"):
        search(problem, score, tmp_path / "run", constraints=bound)
    for module in ("autosnn_ray.algorithms.draws", "autosnn_ray.runs.measuring"):
        monkeypatch.setattr(f"{module}.LISTED_AT_MOST", 10)
        monkeypatch.setattr(f"{module}.MOST_DRAWS", 5000)
    with pytest.raises(InvalidInputError, match=f"of 5,000 architectures drawn none of digits_16 keeps .*{nearest}"):
        search(problem, score, tmp_path / "run", constraints=bound)
    assert not (tmp_path / "run").exists()
    found = search(
        problem, score, tmp_path / "run", candidates=10, constraints=[asr.Constraint("parameters", at_most=30_000)]
    )
    assert len(found.frame()) == 10
    assert found.frame().parameters.max() <= 30_000


def test_given_architectures_are_evaluated_and_marked(tiny_problem, tmp_path):
    names = tuple("/".join(one) for one in tiny_problem.space.enumerate())
    bound = asr.Constraint(
        "parameters", at_most=sorted(map(tiny_problem.parameters, tiny_problem.space.enumerate()))[3]
    )
    given = asr.algorithms.Given(architectures=names)
    frame = search(tiny_problem, score, tmp_path, algorithm=given, candidates=9, constraints=[bound]).frame()
    assert frame.feasible.tolist() == (frame.parameters <= bound.at_most).tolist()
    assert frame.feasible.sum() == 4


def test_a_run_from_before_constraints_filtered_goes_on_as_it_was(tmp_path):
    """Its journal says nothing of filters, and holds candidates that break a constraint."""
    problem, bound = larger_problem(), asr.Constraint("parameters", at_most=30_000)
    run = search(problem, score, tmp_path / "run", candidates=12, algorithm=asr.RandomSearch())
    journal = run.path / "journal.jsonl"
    from autosnn_ray.journal.events import encode

    lines = [json.loads(line) for line in journal.read_text().splitlines()[:15]]
    lines[0]["config"]["goal"]["constraints"] = [bound.to_dict()]
    kept = ("v", "seq", "event", "time", "crc")
    journal.write_text("".join(
        encode(one["seq"], one["event"], one["time"], {k: v for k, v in one.items() if k not in kept}) + "\n"
        for one in lines
    ))  # fmt: skip
    frame = asr.resume(run.path, executor=LOCAL, evaluator=score).frame()
    assert len(frame) == 12
    assert 0 < frame.feasible.sum() < 12


def counted(notes: Path) -> int:
    return len(list(notes.iterdir()))


@pytest.fixture
def notes(tmp_path):
    (tmp_path / "notes").mkdir()
    return tmp_path / "notes"


def test_what_an_earlier_run_evaluated_is_not_evaluated_again(tiny_problem, notes, tmp_path):
    first = search(tiny_problem, Counting(str(notes)), tmp_path / "a", candidates=5, algorithm=asr.RandomSearch(seed=1))
    assert counted(notes) == 5
    second = search(
        tiny_problem,
        Counting(str(notes)),
        tmp_path / "b",
        candidates=9,
        algorithm=asr.RandomSearch(seed=2),
        reuse=first,
    )
    assert counted(notes) == 9
    frame = second.frame().set_index("architecture")
    before = first.frame().set_index("architecture")
    assert set(frame.index[frame.reused_from == str(first.path)]) == set(before.index)
    same = ["accuracy", "spikes", "seconds"]
    assert frame.loc[before.index, same].equals(before[same])
    assert (before.reused_from == "").all()
    third = search(
        tiny_problem, Counting(str(notes)), tmp_path / "c", candidates=9, reuse=[tmp_path / "b", first]
    )  # fmt: skip
    assert counted(notes) == 9
    assert third.frame().reused_from.value_counts().to_dict() == {str(first.path): 5, str(second.path): 4}
    assert analysis.state(third.path).startswith("finished")


def test_a_run_that_reuses_finds_what_it_finds_alone_and_goes_on_alike(tmp_path):
    problem = larger_problem()
    earlier = search(problem, score, tmp_path / "earlier", candidates=300, algorithm=asr.RandomSearch(seed=3))
    alone = search(problem, score, tmp_path / "alone", candidates=80)
    reusing = search(problem, score, tmp_path / "reusing", candidates=80, reuse=earlier)
    assert 0 < reusing.frame().reused_from.ne("").sum() < 80
    plain = [run.frame().drop(columns=["seconds", "told", "reused_from"]).to_json() for run in (alone, reusing)]
    assert plain[0] == plain[1]
    cut(reusing.path, 60)
    again = asr.resume(reusing.path, executor=LOCAL, evaluator=score, reuse=earlier)
    assert again.frame().drop(columns=["seconds", "told", "reused_from"]).to_json() == plain[0]


def test_repetitions_measures_and_samples_go_with_what_is_reused(tiny_problem, tiny_supernet, notes, tmp_path):
    given = asr.algorithms.Given(architectures=("skip/skip", "srb_k3/skip"), repetitions=2)
    first = search(tiny_problem, Counting(str(notes)), tmp_path / "a", algorithm=given, candidates=4)
    more = asr.algorithms.Given(architectures=("skip/skip",), repetitions=3)
    second = search(tiny_problem, Counting(str(notes)), tmp_path / "b", algorithm=more, candidates=3, reuse=first)
    assert counted(notes) == 5
    assert second.frame().reused_from.eq("").tolist() == [False, False, True]
    assert second.frame().accuracy.nunique() == 3

    path = asr.SupernetPath(tiny_supernet)
    plain = search(tiny_problem, path, tmp_path / "plain", candidates=9)
    both = search(tiny_problem, path, tmp_path / "both", candidates=9, measures=["energy"], reuse=plain)
    assert both.frame().reused_from.eq("").all()  # energy was not measured there
    assert both.frame().energy.notna().all()
    third = search(tiny_problem, path, tmp_path / "third", candidates=9, reuse=both, objectives=["accuracy", "energy"])
    assert third.frame().reused_from.eq(str(both.path)).all()
    kept, original = read_correct(third.path), read_correct(both.path)
    place = both.frame().set_index("architecture")["index"]
    assert len(kept) == 9
    for row in third.frame().to_dict("records"):
        assert kept[row["index"]].tolist() == original[place[row["architecture"]]].tolist()


def test_evaluations_of_another_problem_or_evaluator_are_refused(tiny_problem, tiny_supernet, notes, tmp_path):
    first = search(tiny_problem, Counting(str(notes)), tmp_path / "a", candidates=2)
    longer = asr.Problem(tiny_problem.space, tiny_problem.data, timesteps=3)
    with pytest.raises(
        InvalidInputError, match=r"reuse: .*a holds evaluations of another.*problem.timesteps: 2 there, 3 now"
    ):
        search(longer, Counting(str(notes)), tmp_path / "b", reuse=first)
    with pytest.raises(InvalidInputError, match=r"evaluator\.name: 'noting' there, .*score' now"):
        search(tiny_problem, score, tmp_path / "b", reuse=first)
    path = search(tiny_problem, asr.SupernetPath(tiny_supernet), tmp_path / "path", candidates=1)
    with pytest.raises(InvalidInputError, match=r"evaluator\.supernet\.checksum"):
        search(tiny_problem, asr.SupernetPath(untrained(tiny_problem)), tmp_path / "b", reuse=path)
    with pytest.raises(JournalError, match="is this the folder of a run"):
        search(tiny_problem, score, tmp_path / "b", reuse=tmp_path / "nowhere")
    assert not (tmp_path / "b").exists()


def test_failures_are_tried_again(tiny_problem, tmp_path):
    first = search(tiny_problem, Silent(), tmp_path / "a", candidates=9, measures=["energy"])
    assert first.frame().status.eq("failed").all()
    second = search(tiny_problem, Silent(), tmp_path / "b", candidates=9, reuse=first)
    assert second.frame().status.eq("done").all()
    assert second.frame().reused_from.eq("").all()
