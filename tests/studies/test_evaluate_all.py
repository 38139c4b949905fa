"""Lists of architectures evaluated, each as a run of its own, by one verb."""

from __future__ import annotations

import pytest

import autosnn_ray as asr
from autosnn_ray.errors import AutoSNNError, InvalidInputError, JournalError, SearchInterruptedError
from autosnn_ray.journal import Extend, read_journal
from tests.runs.common import LOCAL, cut, rows
from tests.runs.evaluators import Counting, score, scored

FOUND = ["scb_k3/skip", "skip/srb_k3", "skip/skip"]


class Opened:
    """``Local()``, counting how often it is opened, and with how many jobs it is run."""

    def __init__(self) -> None:
        self.sizes, self.jobs = [], []

    def open(self, size_bytes=0):
        self.sizes.append(size_bytes)
        return LOCAL.open(size_bytes)

    def check(self, evaluator, goal):
        LOCAL.check(evaluator, goal)

    def to_dict(self):
        return LOCAL.to_dict()


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


def test_every_repetition_is_kept_and_is_a_number_of_its_own(tiny_problem, notes, tmp_path):
    batch = asr.Batch.of(tiny_problem, Counting(str(notes)), FOUND, path=tmp_path / "run", repetitions=3)
    (run,) = asr.evaluate_all([batch], executor=LOCAL)
    frame = run.frame()
    assert list(zip(frame.architecture, frame.repetition, strict=True)) == [
        (name, repetition) for repetition in range(3) for name in FOUND
    ]
    assert frame.generation.eq(0).all()
    for architecture, told in read_journal(run.path).evaluations.items():
        expected = [scored(architecture).accuracy / (1 + repetition) for repetition in range(3)]
        assert [one.accuracy for one in told] == expected
    asked = sorted(tuple(note.name.split(".")[:2]) for note in notes.iterdir())
    assert asked == sorted((name.replace("/", "-"), str(number)) for name in FOUND for number in range(3))


def test_what_was_cut_off_goes_on_and_what_is_there_is_not_evaluated_again(tiny_problem, notes, tmp_path):
    batch = asr.Batch.of(tiny_problem, Counting(str(notes)), FOUND, path=tmp_path / "run", repetitions=2)
    (run,) = asr.evaluate_all([batch], executor=LOCAL)
    before, content = rows(run), (run.path / "journal.jsonl").read_bytes()
    for note in notes.iterdir():
        note.unlink()
    asr.evaluate_all([batch], executor=LOCAL)
    assert (run.path / "journal.jsonl").read_bytes() == content
    assert not list(notes.iterdir())
    cut(run.path, 8)  # start, three of six told, the fourth asked
    asr.evaluate_all([batch], executor=LOCAL)
    assert rows(run) == before
    assert {note.name.split(".")[1] for note in notes.iterdir()} == {"1"}


def test_several_lists_open_the_executor_once(tiny_problem, tmp_path):
    executor = Opened()
    batches = [
        asr.Batch.of(tiny_problem, asr.TrainingFree(seed=seed), FOUND, path=tmp_path / str(seed)) for seed in range(3)
    ]
    runs = asr.evaluate_all(batches, executor=executor)
    assert [run.path.name for run in runs] == ["0", "1", "2"]
    assert len(executor.sizes) == 1
    assert executor.sizes[0] >= tiny_problem.without_test().data.size_bytes
    asr.evaluate_all(batches, executor=executor)
    assert len(executor.sizes) == 1, "nothing was left to do, and it was opened"


def test_other_architectures_another_evaluator_or_other_repetitions_are_another_run(tiny_problem, tmp_path):
    def batch(names=FOUND, seed=0, repetitions=1):
        evaluator = asr.TrainingFree(seed=seed)
        return asr.Batch.of(tiny_problem, evaluator, names, path=tmp_path / "run", repetitions=repetitions)

    asr.evaluate_all([batch()], executor=LOCAL)
    for other in (batch(FOUND[:2]), batch(seed=1), batch(repetitions=2)):
        with pytest.raises(JournalError, match="holds another search"):
            asr.evaluate_all([other], executor=LOCAL)


def test_names_and_functions_evaluate_as_in_a_search(tiny_problem, tmp_path):
    batches = [asr.Batch.of(tiny_problem, one, FOUND, path=tmp_path / name) for name, one in
               (("name", "training_free"), ("function", score))]  # fmt: skip
    by_name, by_function = asr.evaluate_all(batches, executor=LOCAL)
    assert by_name.frame().score.notna().all()
    assert by_function.frame().accuracy.tolist() == [scored(name.split("/")).accuracy for name in FOUND]


def test_a_sample_grows_and_never_shrinks(tiny_problem, tmp_path):
    def batch(candidates):
        return asr.Batch(tiny_problem, asr.TrainingFree(), tmp_path / "run", asr.RandomSearch(seed=1), candidates)

    (run,) = asr.evaluate_all([batch(3)], executor=LOCAL)
    first = run.frame().architecture.tolist()
    for wanted, there in ((5, 5), (2, 5)):
        asr.evaluate_all([batch(wanted)], executor=LOCAL)
        assert len(run.frame()) == there
    assert run.frame().architecture.tolist()[:3] == first
    assert sum(isinstance(event, Extend) for event in read_journal(run.path).events) == 1


def test_what_ends_one_run_ends_all_and_is_what_is_said(tiny_problem, notes, tmp_path):
    def refuse(candidate, outcome):
        raise AutoSNNError("seen enough")

    evaluator = Counting(str(notes))
    batches = [
        asr.Batch.of(tiny_problem, evaluator, FOUND, path=tmp_path / "first"),
        asr.Batch.of(tiny_problem, evaluator, FOUND, path=tmp_path / "second", on_result=refuse),
        asr.Batch.of(tiny_problem, evaluator, FOUND, path=tmp_path / "third"),
    ]
    with pytest.raises(AutoSNNError, match="seen enough"):
        asr.evaluate_all(batches, executor=LOCAL)
    assert [len(read_journal(tmp_path / name).told) for name in ("first", "second", "third")] == [3, 1, 0]
    with pytest.raises(AutoSNNError, match="seen enough"):
        asr.evaluate_all([batches[2], batches[1]][::-1], executor=LOCAL)
    asr.evaluate_all([asr.Batch.of(tiny_problem, evaluator, FOUND, path=tmp_path / "second")], executor=LOCAL)
    assert len(read_journal(tmp_path / "second").told) == 3


class Lazy(Opened):
    """Evaluates one candidate of the second job, and nothing else: as a Ray where jobs overlap."""

    def open(self, size_bytes=0):
        from contextlib import nullcontext

        return nullcontext(self)

    def run(self, jobs):
        loop, task = jobs[1]
        (candidate,) = loop.take()
        loop.finish([candidate], [task.start()(candidate)])


def test_the_error_is_said_before_that_another_run_was_stopped(tiny_problem, tmp_path):
    def refuse(candidate, outcome):
        raise AutoSNNError("seen enough")

    first = asr.Batch.of(tiny_problem, asr.TrainingFree(), FOUND, path=tmp_path / "first")
    second = asr.Batch.of(tiny_problem, asr.TrainingFree(), FOUND, path=tmp_path / "second", on_result=refuse)
    with pytest.raises(AutoSNNError, match="seen enough"):
        asr.evaluate_all([first, second], executor=Lazy())
    with pytest.raises(SearchInterruptedError, match=r"first was stopped after 0 of 3"):
        asr.evaluate_all([first, asr.Batch.of(tiny_problem, asr.TrainingFree(), FOUND, path=tmp_path / "x")],
                         executor=Lazy())  # fmt: skip


def test_bad_lists_are_refused_before_anything_is_written(tiny_problem, tmp_path):
    options = {"path": tmp_path / "run"}
    for names, repetitions, said in (
        ([], 1, "architectures: expected at least one"),
        (["skip/skip", "skip/skip"], 1, "each once"),
        (["skip"], 1, "expected 2 choices"),
        (FOUND, 0, "repetitions: expected a whole number of at least 1"),
    ):
        with pytest.raises(InvalidInputError, match=said):
            asr.Batch.of(tiny_problem, asr.TrainingFree(), names, repetitions=repetitions, **options)
    with pytest.raises(InvalidInputError, match="unknown evaluator 'magic'"):
        asr.evaluate_all([asr.Batch.of(tiny_problem, "magic", FOUND, **options)], executor=LOCAL)
    assert not (tmp_path / "run").exists()
