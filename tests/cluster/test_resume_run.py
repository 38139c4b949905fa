"""Going on with a run from its folder alone, and extending one."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import autosnn_ray as asr
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.errors import CheckpointError, InvalidInputError, JournalError
from autosnn_ray.journal import Extend, Journal, Resume, Stop, read_journal
from tests.cluster.evaluators import Score
from tests.cluster.runs import cut, rows, undisturbed, with_space

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def two_slots():
    with ray_session(num_cpus=2):
        yield


@pytest.fixture(scope="module")
def finished(tiny_supernet, digits, two_slots, tmp_path_factory):
    """A run of the supernet's paths, the supernet in memory."""
    path = tmp_path_factory.mktemp("finished") / "run"
    return asr.search(tiny_supernet, digits, path=path, algorithm=asr.RandomSearch(seed=0), candidates=6)


@pytest.fixture
def copied(finished, tmp_path):
    return shutil.copytree(finished.path, tmp_path / "copy")


def test_a_runs_folder_is_enough_to_go_on_with_it(finished, copied):
    cut(copied, 5)
    assert rows(asr.resume(copied)) == rows(finished)
    assert sum(isinstance(event, Resume) for event in read_journal(copied).events) == 1


def test_resuming_a_finished_run_changes_nothing(copied):
    before = (copied / "journal.jsonl").read_bytes()
    asr.resume(copied)
    assert (copied / "journal.jsonl").read_bytes() == before


def test_a_finished_run_extended_is_the_run_of_the_larger_number(tiny_supernet, digits, two_slots, tmp_path):
    """25 to 50 and to 63: both times in the midst of a generation of twenty."""
    supernet = with_space(tiny_supernet, "digits_16")
    algorithm = asr.AutoSNN(seed=2)
    whole = undisturbed(tmp_path / "whole", supernet, algorithm, 63)
    run = asr.search(supernet, digits, path=tmp_path / "run", candidates=25, algorithm=algorithm, evaluator=Score)
    for candidates in (50, 63):
        run = asr.resume(run.path, candidates=candidates, evaluator=Score)
        assert len(run.frame()) == run.config()["candidates"] == candidates
    assert rows(run) == rows(whole)
    events = read_journal(run.path).events
    assert [event.candidates for event in events if isinstance(event, Extend)] == [50, 63]
    assert sum(isinstance(event, Stop) for event in events) == 3


def test_a_run_that_was_cut_off_can_be_extended(finished, copied, tiny_supernet):
    cut(copied, 6)
    extended = asr.resume(copied, candidates=9).frame()
    assert extended.head(6).drop(columns="seconds").equals(finished.frame().drop(columns="seconds"))
    assert sorted(extended.architecture) == sorted("/".join(a) for a in tiny_supernet.space.enumerate())


def test_fewer_candidates_are_refused(copied):
    with pytest.raises(InvalidInputError, match=r"at least the 6 .* got 3; a run can be extended, not cut"):
        asr.resume(copied, candidates=3)


def test_search_with_resume_neither_extends_nor_cuts(copied, tiny_supernet, digits):
    for candidates in (5, 7):
        with pytest.raises(JournalError, match=rf"candidates: 6 there, {candidates} now.*--candidates extends it"):
            asr.search(
                tiny_supernet, digits, path=copied, algorithm=asr.RandomSearch(), candidates=candidates, resume=True
            )


def test_a_supernet_with_a_folder_is_named_and_not_copied(tiny_supernet_folder, digits, two_slots, tmp_path):
    moving = shutil.copytree(tiny_supernet_folder, tmp_path / "supernet")
    run = asr.search(asr.Supernet.load(moving), digits, path=tmp_path / "run", candidates=2)
    assert run.config()["supernet_folder"] == str(moving)
    assert not (run.path / "supernet").exists()
    moved = moving.rename(tmp_path / "elsewhere")
    with pytest.raises(CheckpointError, match=r"supernet: expected a folder .*--supernet FOLDER"):
        asr.resume(run.path)
    asr.resume(run.path, supernet=moved)


def test_another_supernet_is_refused_with_both_checksums(copied, tiny_supernet, tmp_path):
    config = asr.Run(copied).config()
    other = replace(with_space(tiny_supernet, "digits_16"), space=tiny_supernet.space)
    other = replace(other, network=asr.SpikingNetwork(other.space, classes=10, timesteps=2, neuron=other.neuron))
    other = _with_own_checksum(other)
    folder = other.save(tmp_path / "other")
    with pytest.raises(CheckpointError) as caught:
        asr.resume(copied, supernet=folder)
    assert config["supernet"]["checksum"] in str(caught.value)
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


def test_data_and_evaluators_without_a_name_must_be_given(copied, finished):
    _rewrite_start(copied, data=finished.config()["data"] | {"name": "mine"})
    with pytest.raises(InvalidInputError, match=r"'mine', which cannot be loaded by name.*data=…"):
        asr.resume(copied)
    _rewrite_start(copied, evaluator={"name": "os:system", "settings": {}})
    with pytest.raises(InvalidInputError, match=r"evaluator: the run used os:system, which is none of path"):
        asr.resume(copied)


@pytest.mark.parametrize("url", ["s3://bucket/run", Path("gs://bucket/run"), "file:///tmp/run"])
def test_a_url_is_no_path_and_told_why(tiny_supernet, digits, tmp_path, url):
    with pytest.raises(InvalidInputError, match=r"path: expected a folder, got the URL .*Give the URL as storage"):
        asr.resume(url)
    with pytest.raises(InvalidInputError, match="path: expected a folder, got the URL"):
        asr.search(tiny_supernet, digits, path=url)
    with pytest.raises(InvalidInputError, match="expected a folder within the storage"):
        asr.resume("../run", storage=tmp_path)


@pytest.mark.parametrize("named", ["../elsewhere", "a/../../b"])
def test_a_journal_cannot_name_a_supernet_beside_its_folder(copied, named):
    _rewrite_start(copied, supernet_folder=named)
    with pytest.raises(JournalError, match="names a supernet outside the run's folder"):
        asr.resume(copied)


def test_a_search_that_was_killed_before_its_start_can_only_be_started(tmp_path, tiny_supernet, digits, two_slots):
    (tmp_path / "journal.jsonl").write_bytes(b'{"v":1,"seq":0')
    with pytest.warns(match="torn"), pytest.raises(JournalError, match="ended before it had begun"):
        asr.resume(tmp_path)
    run = asr.search(tiny_supernet, digits, path=tmp_path, candidates=2)
    assert len(run.frame()) == 2


def test_weights_changed_in_memory_are_refused(tiny_supernet, digits, tmp_path):
    other = replace(tiny_supernet, network=with_space(tiny_supernet, "digits_16").network)
    with pytest.raises(InvalidInputError, match="they were changed in memory"):
        asr.search(other, digits, path=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def _with_own_checksum(supernet):
    import hashlib

    from autosnn_ray.training.checkpoint import pack

    return replace(supernet, weights_checksum=hashlib.sha256(pack(supernet.network)).hexdigest())


def _rewrite_start(folder, **changes):
    """Replaces the journal by one that has only a start, with some entries changed."""
    config = asr.Run(folder).config() | changes
    (folder / "journal.jsonl").unlink()
    with Journal.create(folder) as journal:
        journal.write("start", config=config)
    assert json.loads((folder / "journal.jsonl").read_text())["config"] == config
