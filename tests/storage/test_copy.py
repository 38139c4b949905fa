"""The copy of a run behind a URL: always the beginning of one driver's run, whatever breaks off."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import fsspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autosnn_ray.errors import AutoSNNError, AutoSNNWarning, JournalError, RunExistsError
from autosnn_ray.journal import Journal, locked, read_journal
from autosnn_ray.journal.events import encode
from autosnn_ray.storage import copy
from autosnn_ray.storage.copy import RemoteCopy, TakenOverError
from autosnn_ray.storage.remote import Remote, StorageError
from autosnn_ray.storage.run_folder import open_run_folder

HERE = Path("runs/one")


def lines(count: int, note: str = "") -> bytes:
    start = encode(0, "start", 0.0, {"config": {"candidates": 3}})
    rest = [encode(number, "resume", 0.0, {"versions": {"note": note}}) for number in range(1, count)]
    return "".join(f"{line}\n" for line in [start, *rest][:count]).encode()


def write(folder: Path, content: bytes, name: str = "journal.jsonl") -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """One machine, whose working folder is ``here``; the store is on another, and ``store`` leads to it."""
    (tmp_path / "here").mkdir()
    (tmp_path / "on disk").mkdir()
    (tmp_path / "store").symlink_to(tmp_path / "on disk")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


@pytest.fixture(params=["file", "memory"])
def url(place, request):
    yield f"{request.param}://{place}/store"
    if request.param == "memory":
        fsspec.filesystem("memory").rm(str(place), recursive=True)


def copy_once(url: str, *, is_new: bool = False) -> None:
    with open_run_folder(HERE, url, is_new=is_new):
        pass


def test_a_run_with_all_it_holds_is_copied_and_fetched(url, monkeypatch):
    there, sent = Remote(url, HERE), []
    files = {"journal.jsonl": lines(6), "survey/alone/journal.jsonl": lines(4), "networks/a": b"a", "survey/b": b"b"}
    for name, content in files.items():
        write(HERE, content + b'{"v": torn' * name.startswith("j"), name)
    for name in (".hidden", "networks/.tmp", "lock"):
        write(HERE, b"x", name)
    (HERE / "link").symlink_to("/etc/passwd")
    put = Remote.write
    monkeypatch.setattr(Remote, "write", lambda remote, name, content: (sent.append(name), put(remote, name, content)))
    copy_once(url)
    assert {name: there.read(name) for name in there.files() - {sent.pop(0)}} == files
    assert sorted(sent) == sorted(files)
    assert sent[2:] == ["survey/alone/journal.jsonl", "journal.jsonl"]
    with pytest.raises(RunExistsError, match="already holds a run; resume it"):
        copy_once(url, is_new=True)
    copy_once(url)
    assert len(sent) == 4, "sent again"
    write(HERE, b"A", "networks/a")
    copy_once(url)
    assert sent[4:] == ["networks/a"]

    shutil.rmtree("runs")
    put = copy.write_atomically
    monkeypatch.setattr(copy, "write_atomically", lambda path, content: (sent.append(path), put(path, content)))
    copy_once(url)
    assert sent[7:] == [HERE / "survey" / "alone" / "journal.jsonl", HERE / "journal.jsonl"]
    assert len(sent) == 9
    fetched = {path.relative_to(HERE).as_posix(): path.read_bytes() for path in HERE.rglob("*") if path.is_file()}
    assert {name: content for name, content in fetched.items() if not name.endswith("lock")} == {
        **files, "networks/a": b"A",
    }  # fmt: skip


def test_a_search_is_copied_while_it_goes_on_files_first(url, monkeypatch):
    monkeypatch.setattr(copy, "COPY_SECONDS", 0.05)
    there, events = Remote(url, HERE), 0
    with open_run_folder(HERE, url) as opened, Journal.create(opened.path) as journal:
        journal.write("start", config={"candidates": 3})
        for number in range(20):
            write(HERE, b"what the event speaks of", str(number))
            journal.write("resume", versions={})
            time.sleep(0.02)
            events = (there.read("journal.jsonl") or b"").count(b"\n")
            assert {str(one) for one in range(events - 1)} <= there.files()
        assert events > 5
    assert there.read("journal.jsonl") == (HERE / "journal.jsonl").read_bytes()


def test_whichever_is_ahead_is_followed_and_others_are_refused(url, monkeypatch):
    there = Remote(url, HERE)
    for count in (5, 3, 7):
        write(HERE, lines(count))
        write(HERE, b"%d" % count, "state")
        copy_once(url)
        assert (HERE / "journal.jsonl").read_bytes() == there.read("journal.jsonl") == lines(max(count, 5))
        assert (HERE / "state").read_bytes() == there.read("state") == b"%d" % max(count, 5)
    write(HERE, apart := lines(4) + lines(9, "apart")[len(lines(4, "apart")) :])
    with pytest.raises(JournalError, match=r"^runs/one/journal.jsonl and .*://.*/journal.jsonl differ .* number 4 on"):
        copy_once(url)
    assert (HERE / "journal.jsonl").read_bytes() == apart
    assert there.read("journal.jsonl") == lines(7)
    write(HERE, lines(3))
    with monkeypatch.context() as patch:  # a process that comes to its end between the look and the lock
        patch.setattr(copy, "locked", lambda folder: (write(folder, lines(9)), locked(folder))[1])
        copy_once(url)
    assert (HERE / "journal.jsonl").read_bytes() == there.read("journal.jsonl") == lines(9)
    write(HERE, lines(3))
    with Journal.append_to(HERE), pytest.raises(RunExistsError, match="is at work in this run"):
        copy_once(url)
    assert (HERE / "journal.jsonl").read_bytes() == lines(3)
    shutil.rmtree("runs")
    Path("runs").write_text("a file")
    with pytest.raises(JournalError, match="runs/one: cannot be written"):
        copy_once(url)


def test_a_file_of_this_very_instant_waits(url):
    one = RemoteCopy(there := Remote(url, HERE), HERE)
    write(HERE, b"x", "network")
    os.utime(HERE / "network", (time.time() + 60,) * 2)
    one.push()
    assert there.files() == set()
    one.push(is_last=True)
    assert there.files() == {"network"}


@given(st.data())
def test_of_a_remote_journal_that_something_happened_to_a_beginning_is_fetched_or_nothing(data):
    whole = lines(data.draw(st.integers(1, 9)))
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]
    with TemporaryDirectory() as folder:
        journal = Path(folder) / "here" / "journal.jsonl"
        write(Path(folder) / "store" / "one", whole[:place] + data.draw(st.sampled_from([b"", changed])))
        with suppress(JournalError):
            RemoteCopy(Remote(f"file://{folder}/store", "one"), journal.parent).fetch()
        assert not journal.exists() or whole.startswith(journal.read_bytes())


def test_what_no_search_copies_is_not_fetched_and_no_link_is_followed(url, place):
    there = Remote(url, HERE)
    for name in ("lock", ".ssh/keys", "a/.b", "networks/x"):
        there.write(name, b"x")
    write(HERE, lines(1))
    (place / "elsewhere").mkdir()
    (HERE / "networks").symlink_to(place / "elsewhere")
    with pytest.raises(JournalError, match="leads outside the run's folder by a link"):
        copy_once(url)
    assert not list((place / "elsewhere").iterdir())
    (HERE / "networks").unlink()
    copy_once(url)
    assert {path.name for path in HERE.rglob("*")} == {"journal.jsonl", "networks", "x"}


# ---------------------------------------------------------------- stores that go away


@pytest.fixture
def away(place):
    """Makes the storage fail, at an instant, and be there again: a file stands where its folder was."""
    (place / "a file").write_text("")

    def point(*, to: str) -> None:
        (place / "link").symlink_to(place / to)
        (place / "link").replace(place / "store")

    return point


def wait_until(happened) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_push_that_fails_is_told_once_and_tried_again(place, away, monkeypatch):
    monkeypatch.setattr(copy, "COPY_SECONDS", 0.05)
    url, told = f"file://{place}/store", []
    write(HERE, lines(2))
    with open_run_folder(HERE, url) as opened:
        watched = opened.watched(told.append)
        wait_until(lambda: Remote(url, HERE).read("journal.jsonl") == lines(2))
        away(to="a file")
        write(HERE, lines(4))
        wait_until(lambda: opened.copy._failed)
        with pytest.warns(AutoSNNWarning, match="The search goes on in runs/one, and the copy is tried again"):
            watched(1)
        watched(2)
        assert told == [1, 2]
        away(to="on disk")
        wait_until(lambda: Remote(url, HERE).read("journal.jsonl") == lines(4))


def test_a_last_push_that_fails_says_what_to_do(place, away):
    url = f"file://{place}/store"
    write(HERE, lines(2))

    def search(problem: type[BaseException] | None = None) -> None:
        with open_run_folder(HERE, url):
            away(to="a file")
            if problem:
                raise problem

    with pytest.raises(AutoSNNError, match=r"runs/one is whole; .*autosnn-ray resume runs/one --storage file://"):
        search()
    for bad in (url, "file:///proc/store"):
        with pytest.raises(StorageError, match=r"runs/one: cannot be (listed|written)"), open_run_folder(HERE, bad):
            raise AssertionError
    away(to="on disk")
    with pytest.warns(AutoSNNWarning, match="the last copy"), pytest.raises(KeyboardInterrupt):
        search(KeyboardInterrupt)
    away(to="on disk")
    copy_once(url)
    assert Remote(url, HERE).read("journal.jsonl") == lines(2)


# ---------------------------------------------------------------- drivers that die, and two of them


class Moment(Remote):
    """A remote folder at whose n-th write something else happens first."""

    left, what = 10**9, None

    def write(self, name: str, content: bytes) -> None:
        self.left -= 1
        if self.left == 0:
            self.what()
        super().write(name, content)


class Driver:
    """A search of one machine, event by event, each with a file that it speaks of."""

    def __init__(self, name: str, folder: Path, store: str) -> None:
        self.name, self.folder = name, folder
        self.remote = Moment(store, "run")
        self.copy = RemoteCopy(self.remote, folder)
        self.copy.fetch()
        self.stopped = False

    def tell(self) -> None:
        path = self.folder / "journal.jsonl"
        known = path.read_bytes() if path.exists() else b""
        number = known.count(b"\n")
        write(self.folder, self.name.encode(), f"network-{number}-{self.name}")
        event, config = "resume" if number else "start", {"candidates": 3, "by": self.name}
        line = encode(number, event, 0.0, {"config": config, "versions": config})
        write(self.folder, known + line.encode() + b"\n")

    def push(self) -> None:
        try:
            self.copy.push(is_last=True)
        except TakenOverError:
            self.stopped = True


@settings(max_examples=40)
@given(st.data())
def test_a_driver_killed_at_any_write_leaves_a_beginning_with_all_it_speaks_of(data):
    with TemporaryDirectory() as folder:
        here, store, before = Path(folder) / "here", f"file://{folder}/store", b""
        for life in range(data.draw(st.integers(1, 4))):
            driver = Driver(f"life-{life}", here, store)
            driver.remote.left, driver.remote.what = data.draw(st.integers(1, 9)), lambda: 1 / 0
            with suppress(ZeroDivisionError):
                for _ in range(data.draw(st.integers(1, 4))):
                    driver.tell()
                    if data.draw(st.booleans()):
                        driver.push()
            assert not driver.stopped
            there = driver.remote.read("journal.jsonl") or b""
            assert (here / "journal.jsonl").read_bytes().startswith(there)
            assert there.startswith(before)
            before = there
            if data.draw(st.booleans()):
                shutil.rmtree(here)
        RemoteCopy(Remote(store, "run"), here).fetch()
        if before:
            assert read_journal(here).size >= len(before)
            assert len(list(here.glob("network-*"))) >= before.count(b"\n")


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["tell", "push"])), max_size=14), st.integers(0, 3))
def test_of_two_drivers_one_stops_and_the_remote_is_the_others(steps, begun):
    with TemporaryDirectory() as folder:
        store = f"file://{folder}/store"
        first = Driver("first", Path(folder) / "first", store)
        for _ in range(begun):
            first.tell()
        first.push()
        drivers = {name: Driver(name, Path(folder) / name, store) for name in "ab"}
        for name, step in [*steps, ("a", "tell"), ("b", "tell"), ("a", "push"), ("b", "push")]:
            if not drivers[name].stopped:
                getattr(drivers[name], step)()
        (lost,) = [driver for driver in drivers.values() if driver.stopped]
        (other,) = [driver for driver in drivers.values() if not driver.stopped]
        assert other.remote.read("journal.jsonl") == (other.folder / "journal.jsonl").read_bytes()
        assert not any(name.endswith(f"-{lost.name}") for name in other.remote.files()), "it has written after all"


@pytest.mark.parametrize(("at", "stopped"), [(1, "one"), (2, "other")])
def test_two_drivers_within_one_instant_end_with_one_journal_and_one_driver(place, at, stopped):
    """Between the look at the remote journal and the put: what no look before it can notice."""
    store = f"file://{place}/store"
    one, other = (Driver(name, place / name, store) for name in ("one", "other"))
    one.tell()
    other.tell()
    one.remote.left, one.remote.what = at, other.push
    one.push()
    other.tell()
    other.push()
    assert [driver.name for driver in (one, other) if driver.stopped] == [stopped]
    winner = other if one.stopped else one
    assert one.remote.read("journal.jsonl") == (winner.folder / "journal.jsonl").read_bytes()


@pytest.mark.parametrize("left", [lines(3, "other"), lines(1)])
@pytest.mark.parametrize("new", ["journal.jsonl", "network"])
def test_a_driver_that_was_taken_over_stops_with_its_next_outcome_and_writes_nothing(url, monkeypatch, left, new):
    monkeypatch.setattr(copy, "COPY_SECONDS", 0.05)
    there, told = Remote(url, HERE), []
    write(HERE, lines(2))

    def search() -> None:
        with open_run_folder(HERE, url) as opened:
            wait_until(lambda: there.read("journal.jsonl") == lines(2))
            there.write("journal.jsonl", left)
            write(HERE, lines(4), new)
            wait_until(lambda: not opened.copy._thread.is_alive())
            opened.watched(told.append)(1)

    with pytest.raises(TakenOverError, match=r"/runs/one/journal.jsonl is not as this search left it: another driver"):
        search()
    assert not told
    assert there.files() == {"journal.jsonl", ".writable"}
    assert there.read("journal.jsonl") == left


def test_a_last_push_that_is_overwritten_at_once_is_noticed(url, monkeypatch):
    put = Remote.write
    write(HERE, lines(2))
    monkeypatch.setattr(Remote, "write", lambda remote, name, _: put(remote, name, lines(3, "other")))
    with pytest.raises(TakenOverError):
        copy_once(url)
