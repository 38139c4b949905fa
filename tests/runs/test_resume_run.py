"""Going on with a run from its folder alone, and extending one."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image

import autosnn_ray as asr
import search_spaces
from autosnn_ray.errors import CheckpointError, InvalidInputError, JournalError
from autosnn_ray.journal import Extend, Journal, Resume, Stop, read_journal
from tests.runs.common import LOCAL, cut, larger_problem, rows, undisturbed, untrained
from tests.runs.evaluators import score, weighted


@pytest.fixture(scope="module")
def finished(tiny_problem, tiny_supernet, tmp_path_factory):
    """A run of the supernet's paths, the supernet in memory."""
    path = tmp_path_factory.mktemp("finished") / "run"
    return asr.search(
        tiny_problem, asr.SupernetPath(tiny_supernet), path=path, algorithm=asr.RandomSearch(), candidates=6,
        executor=LOCAL,
    )  # fmt: skip


@pytest.fixture
def copied(finished, tmp_path):
    return shutil.copytree(finished.path, tmp_path / "copy")


def test_a_runs_folder_is_enough_to_go_on_with_it(finished, copied):
    """Space, data, supernet, algorithm and executor: nothing has to be said again."""
    cut(copied, 5)
    assert rows(asr.resume(copied)) == rows(finished)
    assert sum(isinstance(event, Resume) for event in read_journal(copied).events) == 1


def test_resuming_a_finished_run_changes_nothing(copied):
    before = (copied / "journal.jsonl").read_bytes()
    asr.resume(copied)
    assert (copied / "journal.jsonl").read_bytes() == before


def test_a_finished_run_extended_is_the_run_of_the_larger_number(tmp_path):
    """25 to 50 and to 63: both times in the midst of a generation of twenty."""
    algorithm = asr.AutoSNN(seed=2)
    whole = undisturbed(tmp_path / "whole", larger_problem(), algorithm, 63)
    run = asr.search(larger_problem(), score, path=tmp_path / "run", candidates=25, algorithm=algorithm, executor=LOCAL)
    for candidates in (50, 63):
        run = asr.resume(run.path, candidates=candidates, evaluator=score)
        assert len(run.frame()) == run.config()["candidates"] == candidates
    assert rows(run) == rows(whole)
    events = read_journal(run.path).events
    assert [event.candidates for event in events if isinstance(event, Extend)] == [50, 63]
    assert sum(isinstance(event, Stop) for event in events) == 3


def test_a_run_that_was_cut_off_can_be_extended(finished, copied, tiny_problem):
    cut(copied, 6)
    extended = asr.resume(copied, candidates=9).frame()
    whole = ["seconds", "rank"]  # ranks are among all candidates
    assert extended.head(6).drop(columns=whole).equals(finished.frame().drop(columns=whole))
    assert sorted(extended.architecture) == sorted("/".join(a) for a in tiny_problem.space.enumerate())


def test_fewer_candidates_are_refused(copied):
    with pytest.raises(InvalidInputError, match=r"at least the 6 .* got 3; a run can be extended, not cut"):
        asr.resume(copied, candidates=3)


def test_a_supernet_with_a_folder_is_named_and_not_copied(tiny_problem, tiny_supernet_folder, tmp_path):
    moving = shutil.copytree(tiny_supernet_folder, tmp_path / "supernet")
    evaluator = asr.SupernetPath(asr.Supernet.load(moving))
    run = asr.search(tiny_problem, evaluator, path=tmp_path / "run", candidates=2, executor=LOCAL)
    assert run.config()["evaluator"]["supernet"]["folder"] == str(moving)
    assert not (run.path / "supernet").exists()
    moved = moving.rename(tmp_path / "elsewhere")
    with pytest.raises(CheckpointError, match=r"supernet: expected a folder .*--supernet FOLDER"):
        asr.resume(run.path)
    asr.resume(run.path, supernet=moved)
    assert len(asr.resume(run.path, supernet=moved, candidates=3).frame()) == 3
    assert len(asr.resume(run.path, candidates=4).frame()) == 4, "where it is now was not kept"


def test_another_supernet_is_refused_with_both_checksums(copied, tiny_problem, tmp_path):
    other = untrained(tiny_problem)
    with pytest.raises(CheckpointError) as caught:
        asr.resume(copied, supernet=other.save(tmp_path / "other"))
    assert asr.Run(copied).config()["evaluator"]["supernet"]["checksum"] in str(caught.value)
    assert other.weights_checksum in str(caught.value)


def test_a_damaged_supernet_is_refused_with_both_checksums(copied):
    weights = copied / "supernet" / "supernet.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    with pytest.raises(CheckpointError, match=r"truncated or was changed: SHA-256 \w+…, expected \w+…"):
        asr.resume(copied)


def test_other_data_are_refused_with_both_checksums(copied, digits):
    other = asr.load_dataset("digits", seed=9)
    with pytest.raises(InvalidInputError) as caught:
        asr.resume(copied, data=other)
    assert digits.checksum in str(caught.value)
    assert other.checksum in str(caught.value)


@pytest.fixture
def pictures(tmp_path):
    """A folder of images, and a run on it without a supernet."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "pictures"
    for name in ("cats", "dogs"):
        (folder / name).mkdir(parents=True)
        for number in range(10):
            image = Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8))
            image.save(folder / name / f"{number}.png")
    data = asr.load_dataset(str(folder))
    problem = asr.Problem(search_spaces.load("digits_16"), data, timesteps=1)
    evaluator = asr.TrainingFree(samples=4)
    return folder, asr.search(problem, evaluator, path=tmp_path / "run", candidates=3, executor=LOCAL)


def test_a_run_on_a_folder_of_images_goes_on_by_itself(pictures):
    _, run = pictures
    before = rows(run)
    cut(run.path, 4)
    assert rows(asr.resume(run.path)) == before
    assert len(asr.resume(run.path, candidates=5).frame()) == 5


def test_images_that_were_moved_are_found_where_they_are_said_to_be_and_others_are_refused(pictures, tmp_path):
    folder, run = pictures
    moved = folder.rename(tmp_path / "moved")
    with pytest.raises(InvalidInputError, match=r"searched '.*pictures', which is not there; say where .*--data PATH"):
        asr.resume(run.path, candidates=4)
    assert len(asr.resume(run.path, candidates=4, data=moved).frame()) == 4
    assert len(asr.resume(run.path, candidates=5).frame()) == 5, "where they are now was not kept"
    checksum = run.config()["problem"]["data"]["checksum"]
    Image.fromarray(np.zeros((8, 8, 3), dtype=np.uint8)).save(moved / "dogs" / "3.png")
    with pytest.raises(InvalidInputError, match=rf"{checksum}.*with other samples or another split"):
        asr.resume(run.path, candidates=6, data=moved)


def test_data_and_evaluators_without_a_name_must_be_given(copied, finished):
    config = finished.config()
    _rewrite_start(copied, problem=config["problem"] | {"data": config["problem"]["data"] | {"name": "mine"}})
    with pytest.raises(InvalidInputError, match=r"'mine', which is not there; say where it is.*data=…"):
        asr.resume(copied)
    _rewrite_start(copied, evaluator={"name": "os:system", "settings": {}}, problem=config["problem"])
    with pytest.raises(InvalidInputError, match=r"unknown evaluator 'os:system'; .*give it: resume\(…, evaluator=…\)"):
        asr.resume(copied)


@pytest.mark.parametrize("url", ["s3://bucket/run", Path("gs://bucket/run"), "file:///tmp/run"])
def test_a_url_is_no_path_and_told_why(tiny_problem, tmp_path, url):
    with pytest.raises(InvalidInputError, match=r"path: expected a folder, got the URL .*Give the URL as storage"):
        asr.resume(url)
    with pytest.raises(InvalidInputError, match="path: expected a folder, got the URL"):
        asr.search(tiny_problem, score, path=url)
    with pytest.raises(InvalidInputError, match="expected a folder within the storage"):
        asr.resume("../run", storage=tmp_path)


@pytest.mark.parametrize("named", ["../elsewhere", "a/../../b"])
def test_a_journal_cannot_name_a_supernet_beside_its_folder(copied, finished, named):
    evaluator = finished.config()["evaluator"]
    _rewrite_start(copied, evaluator=evaluator | {"supernet": evaluator["supernet"] | {"folder": named}})
    with pytest.raises(JournalError, match="names a supernet outside the run's folder"):
        asr.resume(copied)


@pytest.mark.parametrize(
    ("executor", "said"),
    [
        ({"name": "ray", "address": "10.0.0.1:6379"}, "executor ray: expected no more than its settings"),
        ({"name": "ray", "runtime_env": {"pip": ["evil"]}}, "executor ray: expected no more than its settings"),
        ({"name": "local", "threads": "all"}, "threads: expected a whole number"),
        ({"name": "cloud"}, "unknown executor 'cloud'"),
    ],
)
def test_a_journal_cannot_say_where_code_runs(copied, executor, said):
    _rewrite_start(copied, executor=executor)
    with pytest.raises(InvalidInputError, match=said):
        asr.resume(copied)


@pytest.mark.parametrize("lost", ["problem", "algorithm", "goal", "evaluator", "candidates"])
def test_a_start_that_lacks_an_entry_is_refused_in_one_line(copied, lost):
    _rewrite_start(copied, **{lost: None})
    with pytest.raises((JournalError, InvalidInputError)) as caught:
        asr.resume(copied)
    assert "\n" not in str(caught.value)


def test_a_search_that_was_killed_before_its_start_can_only_be_started(tmp_path, tiny_problem):
    (tmp_path / "journal.jsonl").write_bytes(b'{"v":1,"seq":0')
    with pytest.warns(match="torn"), pytest.raises(JournalError, match="ended before it had begun"):
        asr.resume(tmp_path)
    run = asr.search(tiny_problem, score, path=tmp_path, candidates=2, executor=LOCAL)
    assert len(run.frame()) == 2


def _rewrite_start(folder, **changes):
    """Replaces the journal by one that has only a start, with some entries changed."""
    config = asr.Run(folder).config() | changes
    (folder / "journal.jsonl").unlink()
    with Journal.create(folder) as journal:
        journal.write("start", config=config)
    assert json.loads((folder / "journal.jsonl").read_text())["config"] == config


class Bench:
    """An object that is called, and one of whose methods is."""

    def __init__(self, weight):
        self.weight = weight

    def __call__(self, problem, architecture):
        return weighted(problem, architecture, self.weight)

    def method(self, problem, architecture):
        return self(problem, architecture)


def first(weight, problem, architecture):
    return weighted(problem, architecture, weight)


@pytest.mark.parametrize(
    ("make", "settings"),
    [
        (lambda weight: partial(weighted, weight=weight), {"weight": 0.5}),
        (lambda weight: partial(first, weight), {"0": 0.5}),
        (lambda weight: partial(partial(first, weight)), {"0": 0.5}),
        (Bench, {"weight": 0.5}),
        (lambda weight: Bench(weight).method, {"weight": 0.5}),
    ],
    ids=["by name", "by place", "twice", "object", "method"],
)
def test_a_function_with_other_settings_is_another_evaluator(make, settings, tmp_path):
    run = asr.search(larger_problem(), make(0.5), path=tmp_path / "run", candidates=3, executor=LOCAL)
    assert run.config()["evaluator"]["settings"] == settings
    key = next(iter(settings))
    with pytest.raises(JournalError, match=rf"evaluator\.settings\.{key}: 0\.5 there, 0\.25 now"):
        asr.resume(run.path, evaluator=make(0.25), candidates=5, executor=LOCAL)
    assert len(asr.resume(run.path, evaluator=make(0.5), candidates=5, executor=LOCAL).frame()) == 5


def test_what_a_journal_cannot_hold_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(InvalidInputError, match="expected arguments that a journal can hold"):
        asr.search(larger_problem(), Bench(object()), path=tmp_path / "run", executor=LOCAL)
    assert not (tmp_path / "run").exists()


@dataclass(frozen=True)
class Walk(asr.RandomSearch):
    """An algorithm of one's own that has no name here."""

    name: ClassVar[str] = "walk"
    steps: int = 3


def test_an_algorithm_without_a_name_is_given_to_resume_with_the_settings_of_before(tmp_path):
    whole = asr.search(
        larger_problem(), score, path=tmp_path / "whole", candidates=9, algorithm=Walk(seed=2), executor=LOCAL
    )
    run = asr.search(
        larger_problem(), score, path=tmp_path / "run", candidates=4, algorithm=Walk(seed=2), executor=LOCAL
    )
    with pytest.raises(InvalidInputError, match=r"unknown algorithm 'walk'.* give it: resume\(…, algorithm=…\)"):
        asr.resume(run.path, evaluator=score)
    with pytest.raises(JournalError, match=r"algorithm\.settings\.steps: 3 there, 4 now"):
        asr.resume(run.path, evaluator=score, algorithm=Walk(seed=2, steps=4))
    with pytest.raises(JournalError, match=r"algorithm\.name: 'walk' there, 'autosnn' now"):
        asr.resume(run.path, evaluator=score, algorithm=asr.AutoSNN(seed=2))
    found = asr.resume(run.path, evaluator=score, algorithm=Walk(seed=2), candidates=9, executor=LOCAL)
    assert rows(found) == rows(whole)
