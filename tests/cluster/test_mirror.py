"""The copy of a run behind a URL: a search killed and its folder lost goes on from it; nothing else passes for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autosnn_ray as asr
from autosnn_ray.algorithms import make_algorithm
from autosnn_ray.cluster import lease, mirror
from autosnn_ray.cluster.home import run_home
from autosnn_ray.cluster.mirror import Mirror
from autosnn_ray.cluster.parts import join, part_name, whole_lines
from autosnn_ray.cluster.remote import Remote, StorageError, without_password
from autosnn_ray.cluster.replica import fetch
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.errors import AutoSNNError, AutoSNNWarning, InvalidInputError, JournalError, RunExistsError
from autosnn_ray.journal import Journal, read_journal
from autosnn_ray.journal.events import encode
from tests.cluster.evaluators import Score, Slow
from tests.cluster.runs import rows, undisturbed, with_space
from tests.cluster.test_kills import _end

ROOT = Path(__file__).parents[2]


def line(number: int, note: str = "") -> bytes:
    if number == 0:
        return encode(0, "start", 0.0, {"config": {"candidates": 3}}).encode() + b"\n"
    return encode(number, "resume", 0.0, {"versions": {"note": note}}).encode() + b"\n"


def lines(count: int, note: str = "") -> list[bytes]:
    return [line(number, note) for number in range(count)]


def write_journal(folder: Path, count: int, note: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "journal.jsonl").write_bytes(b"".join(lines(count, note)))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The working folder of one machine; ``url`` and ``there`` are the storage, on another."""
    for folder in ("here", "on disk"):
        (tmp_path / folder).mkdir()
    (tmp_path / "a file").write_text("")
    _point(tmp_path, "on disk")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # actors find the evaluators there, and not below the working folder
    return tmp_path


@pytest.fixture
def url(place):
    return f"file://{place}/store"


@pytest.fixture
def there(place):
    return place / "store" / "runs" / "one"


HERE = Path("runs/one")


def copy_once(url: str) -> None:
    with run_home(HERE, url):
        pass


# ---------------------------------------------------------------- parts


def draw_parts(data, whole: list[bytes], *, merges: bool) -> dict[str, bytes]:
    """Cuts a journal anywhere, and merges what is there now and then."""
    parts, first = {}, 0
    while first < len(whole):
        last = data.draw(st.integers(first, len(whole) - 1))
        parts[part_name(first, last)] = b"".join(whole[first : last + 1])
        if merges and data.draw(st.booleans()):
            parts[part_name(0, last)] = b"".join(whole[: last + 1])
        first = last + 1
    return parts


@given(st.integers(0, 30), st.data())
def test_parts_cut_anywhere_and_merged_join_to_the_journal(count, data):
    whole = lines(count)
    parts = draw_parts(data, whole, merges=True)
    assert join(parts, "url") == whole


@given(st.integers(1, 20), st.data())
def test_whatever_happens_to_a_part_what_is_read_is_a_beginning_or_refused(count, data):
    whole = lines(count)
    parts = draw_parts(data, whole, merges=False)
    name = data.draw(st.sampled_from(sorted(parts)))
    content = bytearray(parts[name])
    place = data.draw(st.integers(0, len(content) - 1))
    what = data.draw(st.sampled_from(["cut", "changed", "removed"]))
    if what == "changed":
        content[place] ^= data.draw(st.integers(1, 255))
    parts[name] = bytes(content[:place] if what == "cut" else content)
    if what == "removed":
        del parts[name]
    try:
        found = join(parts, "url")
    except JournalError:
        return
    assert found == whole[: len(found)]


def test_gaps_other_events_and_strangers_are_named():
    whole = lines(9)
    parts = {part_name(0, 2): b"".join(whole[:3]), part_name(5, 8): b"".join(whole[5:])}
    with pytest.raises(JournalError, match=r"the events 3 to 4 are missing; the next part there is 00000005-00000008"):
        join(parts, "url")
    parts[part_name(2, 4)] = b"".join(lines(5, "other")[2:])
    with pytest.raises(JournalError, match=r"different events of sequence number 2, .*two drivers have written here"):
        join(parts, "url")
    with pytest.raises(JournalError, match=r"line 1: expected the event of sequence number 1, got 0"):
        join({part_name(1, 1): whole[0]}, "url")
    with pytest.raises(JournalError, match=r"line 2: the checksum .* does not fit"):
        join({part_name(0, 1): whole[0] + whole[1].replace(b"resume", b"resumf")}, "url")
    with pytest.raises(JournalError, match=r"expected parts of a journal, .*got 'notes.txt'"):
        join({"notes.txt": b""}, "url")


# ---------------------------------------------------------------- copies


class Dying(Remote):
    """A remote folder whose driver is killed at its n-th write or removal, a half of the file written."""

    left = 10**9

    def write(self, name: str, content: bytes) -> None:
        self._die_at_last(lambda: super(Dying, self).write(name, content[: len(content) // 2]))
        super().write(name, content)

    def remove(self, name: str) -> None:
        self._die_at_last(lambda: None)
        super().remove(name)

    def _die_at_last(self, last) -> None:
        self.left -= 1
        if self.left < 0:
            last()
            raise KeyboardInterrupt


@settings(max_examples=100)
@given(data=st.data())
def test_a_driver_killed_at_any_write_leaves_a_beginning_to_go_on_from(data):
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(mirror, "MOST_PARTS", 2)
        here, store = Path(folder) / "here", f"file://{folder}/store"
        known: list[bytes] = []
        for life in range(data.draw(st.integers(1, 5))):
            remote = Dying(store, "run")
            replica = fetch(remote, here)
            found = (here / "journal.jsonl").read_bytes() if here.exists() else b""
            assert b"".join(known).startswith(found)
            known = whole_lines(found)
            remote.left = data.draw(st.integers(0, 12))
            try:
                one = Mirror(remote, here, lease.Lease(remote), replica)
                for _ in range(data.draw(st.integers(1, 6))):
                    for _ in range(data.draw(st.integers(0, 3))):
                        known.append(line(len(known), f"life {life}"))
                    write = here / "journal.jsonl"
                    here.mkdir(exist_ok=True)
                    write.write_bytes(b"".join(known))
                    one.copy()
            except KeyboardInterrupt:
                pass
            Remote(store, "run").remove("driver.json")
            if data.draw(st.booleans()):
                shutil.rmtree(here, ignore_errors=True)
        remote = Remote(store, "run")
        one = Mirror(remote, here, lease.Lease(remote), fetch(remote, here))
        one.copy(is_last=True)
        if here.exists():
            whole = (here / "journal.jsonl").read_bytes()
            assert b"".join(known).startswith(whole)
            shutil.rmtree(here)
            again = fetch(remote, here)
            assert not whole or (here / "journal.jsonl").read_bytes() == whole
            assert not whole or len(again.journals[""].parts) <= 3


def test_a_merged_part_that_is_there_is_not_written_again(tmp_path, monkeypatch):
    """It may hold what no other part holds any more: the driver was killed while it removed what it had merged."""
    monkeypatch.setattr(mirror, "MOST_PARTS", 1)
    whole, store = lines(4), tmp_path / "store" / "run"
    write_journal(tmp_path / "here", 4)
    (store / "journal").mkdir(parents=True)
    (store / "journal" / part_name(0, 3)).write_bytes(b"".join(whole))
    (store / "journal" / part_name(2, 3)).write_bytes(b"".join(whole[2:]))
    remote = Dying(f"file://{tmp_path}/store", "run")
    one = Mirror(remote, tmp_path / "here", lease.Lease(remote), fetch(remote, tmp_path / "here"))
    remote.left = 0
    with pytest.raises(KeyboardInterrupt):
        one.copy()
    assert (store / "journal" / part_name(0, 3)).read_bytes() == b"".join(whole)


def test_a_run_with_all_it_holds_is_copied_and_fetched(url, there):
    write_journal(HERE / "survey" / "alone", 4)
    write_journal(HERE, 6)
    for name in ("networks/a/weights", "survey/alone/networks/b", ".hidden", "networks/.weights.tmp", "lock"):
        (HERE / name).parent.mkdir(parents=True, exist_ok=True)
        (HERE / name).write_bytes(name.encode())
    (HERE / "link").symlink_to("/etc/passwd")
    with run_home(HERE, url):
        holder = json.loads((there / "driver.json").read_text())
        assert holder["pid"] == os.getpid()
    found = {path.relative_to(there).as_posix() for path in there.rglob("*") if path.is_file()}
    assert found == {
        "journal/00000000-00000005.jsonl",
        "journal/survey/alone/00000000-00000003.jsonl",
        "files/networks/a/weights",
        "files/survey/alone/networks/b",
    }
    before = {path: path.stat().st_mtime_ns for path in there.rglob("*") if path.is_file()}
    copy_once(url)
    assert {path: path.stat().st_mtime_ns for path in before} == before, "copied once more"

    shutil.rmtree("runs")
    copy_once(url)
    assert whole_lines((HERE / "journal.jsonl").read_bytes()) == lines(6)
    assert whole_lines((HERE / "survey" / "alone" / "journal.jsonl").read_bytes()) == lines(4)
    assert (HERE / "networks" / "a" / "weights").read_bytes() == b"networks/a/weights"
    assert not list(HERE.rglob(".*"))


def test_a_search_is_copied_while_it_goes_on_files_first(url, there, monkeypatch):
    monkeypatch.setattr(mirror, "COPY_SECONDS", 0.05)
    with run_home(HERE, url) as home, Journal.create(home.folder) as journal:
        journal.write("start", config={"candidates": 3})
        for number in range(20):
            (HERE / f"{number}").write_text("what the event speaks of")
            journal.write("resume", versions={})
            time.sleep(0.02)
            copied = [path.read_bytes() for path in (there / "journal").glob("*")] if there.exists() else []
            events = sum(part.count(b"\n") for part in copied)
            assert all((there / "files" / f"{one}").exists() for one in range(events - 1))
        assert events > 5
    assert len(join({path.name: path.read_bytes() for path in (there / "journal").glob("*")}, "")) == 21


def test_whichever_is_ahead_is_followed_and_others_are_refused(url, there):
    write_journal(HERE, 5)
    (HERE / "state").write_text("five")
    copy_once(url)
    write_journal(HERE, 3)
    (HERE / "state").write_text("three")
    copy_once(url)
    assert whole_lines((HERE / "journal.jsonl").read_bytes()) == lines(5)
    assert (HERE / "state").read_text() == "five"
    write_journal(HERE, 7)
    (HERE / "state").write_text("seven")
    copy_once(url)
    assert sorted(path.name for path in (there / "journal").iterdir()) == [part_name(0, 4), part_name(5, 6)]
    assert (there / "files" / "state").read_text() == "seven"

    before = (HERE / "journal.jsonl").write_bytes(b"".join(lines(4) + lines(9, "apart")[4:]))
    with pytest.raises(JournalError, match="differ from sequence number 4 on"):
        copy_once(url)
    assert (HERE / "journal.jsonl").stat().st_size == before
    assert not (there / "driver.json").exists()


def test_a_run_in_use_is_not_written_over(url):
    write_journal(HERE, 5)
    copy_once(url)
    write_journal(HERE, 3)
    with Journal.append_to(HERE), pytest.raises(RunExistsError, match="is at work in this run"):
        copy_once(url)
    assert len(read_journal(HERE).events) == 3


def test_a_copy_that_fails_is_told_once_and_tried_again(place, url, there, monkeypatch):
    monkeypatch.setattr(mirror, "COPY_SECONDS", 0.05)
    write_journal(HERE, 2)

    def search() -> None:
        with run_home(HERE, url):
            _wait_for(there / "journal" / part_name(0, 1))
            _away(place)
            time.sleep(0.5)
            _back(place)
            write_journal(HERE, 4)
            _wait_for(there / "journal" / part_name(2, 3))

    with pytest.warns(AutoSNNWarning) as caught:
        search()
    assert len(caught) == 1
    assert "The search goes on in runs/one, and the copy is tried again" in str(caught[0].message)


def test_a_last_copy_that_fails_says_what_to_do(place, url, there):
    write_journal(HERE, 2)

    def search(problem: type[BaseException] | None = None) -> None:
        with run_home(HERE, url):
            _away(place)
            if problem:
                raise problem

    with pytest.raises(AutoSNNError, match=r"runs/one is whole; .*autosnn-ray resume runs/one --storage file://"):
        search()
    _back(place)
    (there / "driver.json").unlink()
    with pytest.warns(AutoSNNWarning, match="the last copy"), pytest.raises(KeyboardInterrupt):
        search(KeyboardInterrupt)
    _back(place)
    (there / "driver.json").unlink()
    copy_once(url)
    assert (there / "journal" / part_name(0, 1)).exists()


def test_a_warning_that_is_made_an_error_ends_the_search_and_is_not_lost(place, url, monkeypatch):
    monkeypatch.setattr(mirror, "COPY_SECONDS", 0.05)
    write_journal(HERE, 2)

    def search() -> None:
        with run_home(HERE, url) as home:
            _away(place)
            while home.mirror.error is None:
                time.sleep(0.01)
            _back(place)
            home.watched(None)(None, None)

    with pytest.raises(AutoSNNError, match="is tried again"):
        search()


def _away(place: Path) -> None:
    """Makes the storage fail, at an instant: a file stands where its folder was."""
    _point(place, "a file")


def _back(place: Path) -> None:
    _point(place, "on disk")


def _point(place: Path, to: str) -> None:
    (place / "link").symlink_to(place / to)
    (place / "link").replace(place / "store")


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not come"
        time.sleep(0.02)


# ---------------------------------------------------------------- names and addresses


@pytest.mark.parametrize("name", ["files/../../../x", "/etc/passwd", "files//etc/passwd", "files/a/../b", "../two/x"])
def test_a_remote_name_cannot_lead_outside(url, there, place, name, monkeypatch):
    remote = Remote(url, HERE)
    monkeypatch.setattr(remote._fs, "ls", lambda *_, **__: [{"name": f"{there}/{name}", "type": "file", "size": 1}])
    if name.startswith("/"):
        monkeypatch.setattr(remote._fs, "ls", lambda *_, **__: [{"name": name, "type": "file", "size": 1}])
    with pytest.raises(JournalError, match="whose name leads outside the run's folder"):
        fetch(remote, HERE)
    assert not Path("runs").exists()


def test_fetched_files_replace_no_journal_no_lock_and_follow_no_link(url, there, place):
    for name in ("journal.jsonl", "a/journal.jsonl", "lock", ".ssh/keys"):
        (there / "files" / name).parent.mkdir(parents=True, exist_ok=True)
        (there / "files" / name).write_text("x")
        with pytest.raises(JournalError, match=f"holds files/{name}, which no search copies"):
            copy_once(url)
        (there / "files" / name).unlink()
    (there / "files" / "networks").mkdir()
    (there / "files" / "networks" / "x").write_text("x")
    HERE.mkdir(parents=True)
    (place / "elsewhere").mkdir()
    (HERE / "networks").symlink_to(place / "elsewhere")
    with pytest.raises(JournalError, match="leads outside the run's folder by a link"):
        copy_once(url)
    assert not list((place / "elsewhere").iterdir())


@pytest.mark.parametrize(
    ("storage", "path", "said"),
    [
        ("nope://bucket", "one", r"expected a URL that fsspec knows, .*'nope://bucket'"),
        ("gs:/bucket", "one", r"as text and not as a Path"),
        ("simplecache::file:///tmp", "one", r"expected a URL such as"),
        ("file:///tmp/store", "/one", r"path: expected a relative one such as runs/first"),
        ("file:///tmp/store", "../one", r"path: expected a relative one"),
        ("file:///tmp/store", ".", r"path: expected a relative one"),
        ("smb://me:secret@host/share", "one", r"a package for smb:// is missing: .*smbprotocol"),
    ],
)
def test_storages_that_cannot_be_used(place, storage, path, said):
    with pytest.raises(InvalidInputError, match=said), run_home(path, storage):
        raise AssertionError
    assert not list(Path().iterdir())


def test_a_missing_package_is_named(place, monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(InvalidInputError, match=r"package for s3:// is missing: .*pip install s3fs"):
        Remote("s3://bucket", "one")


def test_a_storage_that_is_not_there_ends_the_search_before_it_begins(place):
    with pytest.raises(StorageError, match=r"ftp://127.0.0.1:9/x: cannot be reached: ConnectionRefusedError"):
        Remote("ftp://me:secret@127.0.0.1:9/x", "one")
    assert without_password("s3://bucket/a@b") == "s3://bucket/a@b"


# ---------------------------------------------------------------- the lease


def _note(there: Path, **changes) -> None:
    there.mkdir(parents=True, exist_ok=True)
    holder = {"host": "elsewhere", "pid": 7, "kernel": "another", "id": "other", "time": round(time.time(), 3)}
    (there / "driver.json").write_text(json.dumps(holder | changes))


def test_a_second_driver_is_refused_while_the_lease_is_young(url, there):
    with run_home(HERE, url), pytest.raises(RunExistsError, match=rf"process {os.getpid()} on .* is at work"):
        copy_once(url)
    _note(there, time=time.time() - 20)
    with pytest.raises(RunExistsError, match=r"process 7 on elsewhere is at work .* its lease ends in (39|40) seconds"):
        copy_once(url)
    assert json.loads((there / "driver.json").read_text())["id"] == "other"


@pytest.mark.parametrize("content", [None, "", "[]", "{", '{"time": "x"}', '{"time": 1e999, "pid": -3}'])
def test_a_lease_that_is_old_or_broken_is_taken_over(url, there, content):
    _note(there, time=time.time() - 61)
    if content is not None:
        (there / "driver.json").write_text(content.replace("1e999", "-1e999"))
    copy_once(url)
    assert not (there / "driver.json").exists()


def test_nobody_waits_for_a_process_of_this_machine_that_is_dead(url, there):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    _note(there, kernel=lease._kernel(), pid=ended.pid)
    copy_once(url)
    _note(there, kernel=lease._kernel(), pid=os.getppid())
    with pytest.raises(RunExistsError):
        copy_once(url)


@pytest.mark.parametrize("taken", [True, False])
def test_a_driver_that_has_lost_its_lease_writes_nothing_more(url, there, taken):
    write_journal(HERE, 2)
    with pytest.raises(lease.LeaseLostError, match="another driver has taken the run over"), run_home(HERE, url):
        _note(there) if taken else (there / "driver.json").unlink()
    assert not (there / "journal").exists()
    assert (there / "driver.json").exists() == taken


# ---------------------------------------------------------------- searches


@pytest.mark.ray
def test_a_driver_killed_and_its_machine_lost_goes_on_from_the_url(tiny_supernet, place, url, there):
    candidates, notes = 60, place / "notes"
    notes.mkdir()
    supernet = with_space(tiny_supernet, "digits_16")
    folder = supernet.save(place / "supernet")
    command = [sys.executable, "-m", "tests.cluster.drive", str(HERE), str(folder), "autosnn", str(candidates)]
    driver = subprocess.Popen(
        [*command, str(notes), "0.1", url],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while sum(path.read_bytes().count(b"\n") for path in (there / "journal").glob("*")) < 30:
        assert driver.poll() is None, "the driver ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    started = psutil.Process(driver.pid).children(recursive=True)
    driver.kill()
    driver.wait()
    _end(started)
    lost = len(read_journal(HERE).events)
    shutil.rmtree("runs")
    shutil.rmtree(folder)

    def resumed(candidate, outcome):
        told.append(candidate.index)

    told: list[int] = []
    run = asr.resume(HERE, storage=url, evaluator=Slow(notes, 0.1), num_cpus=2, on_told=resumed)
    assert rows(run) == rows(undisturbed(place / "whole", supernet, make_algorithm("autosnn", seed=4), candidates))
    assert sorted(told) == list(range(candidates))
    assert 15 < lost < 2 * candidates
    parts = {path.name: path.read_bytes() for path in (there / "journal").iterdir()}
    assert b"".join(join(parts, url)) == (HERE / "journal.jsonl").read_bytes()


@pytest.mark.ray
def test_searches_with_a_url(tiny_supernet, tiny_supernet_folder, digits, place, url, there, monkeypatch):
    monkeypatch.setattr(mirror, "COPY_SECONDS", 0.05)
    supernet = asr.Supernet.load(tiny_supernet_folder)
    with ray_session(num_cpus=2):
        run = asr.search(supernet, digits, path=HERE, storage=url, candidates=4, evaluator=Score)
        assert run.config()["supernet_folder"] == "supernet"
        before = rows(run)
        shutil.rmtree("runs")
        with pytest.raises(RunExistsError, match="already holds a run"):
            asr.search(supernet, digits, path=HERE, storage=url, candidates=4, evaluator=Score)
        assert not Path("runs").exists()
        assert rows(asr.resume(HERE, storage=url, evaluator=Score)) == before

        # Begun without a URL, copied when it was at its end, and extended elsewhere.
        asr.search(supernet, digits, path="runs/two", candidates=4, evaluator=Score)
        two = asr.resume("runs/two", storage=url, evaluator=Score)
        config = two.config()
        assert config["supernet_folder"] == str(tiny_supernet_folder)
        shutil.rmtree("runs/two")
        hidden = tiny_supernet_folder.rename(place / "hidden")
        try:
            assert len(asr.resume("runs/two", storage=url, evaluator=Score, candidates=6).frame()) == 6
        finally:
            hidden.rename(tiny_supernet_folder)

        def taken(candidate, outcome):
            if candidate.index == 1:
                _note(there.parent / "three")

        with pytest.raises(lease.LeaseLostError, match="is now that of process 7 on elsewhere"):
            asr.search(
                supernet, digits, path="runs/three", storage=url, candidates=9, concurrent=1, on_told=taken,
                evaluator=Slow(place, 0.3),
            )  # fmt: skip
    assert len(read_journal("runs/three").evaluations) < 8
