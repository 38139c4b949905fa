"""The journal under attack: whatever is done to it, what is read is what was written, or an error says why not."""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import warnings
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
import search_spaces
from autosnn_ray.algorithms import ALGORITHMS, make_algorithm, replay
from autosnn_ray.errors import AutoSNNWarning, JournalError
from autosnn_ray.evaluations import Evaluation, Failure
from autosnn_ray.journal import Journal, read_journal
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.space import format_architecture
from autosnn_ray.testing.searches import with_parameters

OBJECTIVE = SpikeAwareFitness(1000.0)
SPACE = search_spaces.load("digits_16")


def outcome(architecture):
    """A pure function of the architecture: an evaluation, or for some a failure."""
    worth = sum((3 + position) * SPACE.slots[0].choices.index(c) for position, c in enumerate(architecture))
    return Failure("now and then") if worth % 7 == 0 else measured(worth)


def measured(worth: int) -> Evaluation:
    return with_parameters(
        Evaluation.measured(accuracy=0.5 + worth / 400, spikes=500.0 + worth, samples=360), 1000.0 + worth
    )


class Driver:
    """A search's driver without Ray: workers that finish in any order, a journal, and a death at any instant."""

    def __init__(self, folder: Path, name: str, candidates: int) -> None:
        self.folder, self.name, self.candidates = folder, name, candidates
        self.running = []
        self.open()

    def algorithm(self):
        """Makes the algorithm, with what it cannot do without."""
        listed = tuple(map(format_architecture, map(SPACE.at, range(self.candidates))))
        return make_algorithm(self.name, seed=1, **({"architectures": listed} if self.name == "given" else {}))

    def open(self) -> None:
        """Starts, or goes on with what the journal holds."""
        self.state = self.algorithm().start(SPACE, self.candidates, OBJECTIVE)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AutoSNNWarning)
            begun = (self.folder / "journal.jsonl").exists() and read_journal(self.folder).events
            self.journal = Journal.append_to(self.folder) if begun else Journal.create(self.folder)
        if begun:
            replay(self.state, self.journal.contents.events)
        else:
            self.journal.write("start", config={"problem": {"space": SPACE.to_dict()}, "candidates": self.candidates})
        self.again = list(self.state.pending)
        self.running = []

    def ask(self) -> None:
        if self.again:
            self.running.append(self.again.pop(0))
        elif (candidate := self.state.ask()) is not None:
            self.journal.write("ask", **asdict(candidate))
            self.running.append(candidate)

    def tell(self, position: int) -> None:
        if self.running:
            candidate = self.running.pop(position % len(self.running))
            found = outcome(candidate.architecture)
            if isinstance(found, Evaluation):
                self.journal.write("tell", index=candidate.index, evaluation=found.to_dict(), attempts=1)
            else:
                self.journal.write("fail", index=candidate.index, reason=found.reason, attempts=1)
            self.state.tell(candidate.index, found)

    def die(self, torn: int) -> None:
        """kill -9, at worst in mid-write: the lock goes with the process, a part of a line stays."""
        self.journal.close()
        with (self.folder / "journal.jsonl").open("ab") as file:
            file.write(b'{"v":2,"seq":999,"event":"tell","time":1.5'[:torn])
        self.open()

    def finish(self):
        while not self.state.done:
            self.ask()
            self.tell(0)
        self.journal.write("stop", reason="done")
        self.journal.close()
        return read_journal(self.folder).events


steps = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.just(0)),
        st.tuples(st.just("tell"), st.integers(0, 9)),
        st.tuples(st.just("die"), st.integers(0, 40)),
    ),
    max_size=60,
)


@functools.cache
def undisturbed(name: str):
    with TemporaryDirectory() as folder:
        Driver(Path(folder), name, 45).finish()
        return analysis.read(folder)


@pytest.mark.parametrize("name", ALGORITHMS)
@settings(max_examples=25)
@given(steps=steps)
def test_any_order_of_asks_tells_failures_and_kills_loses_nothing(name, steps):
    with TemporaryDirectory() as folder:
        driver = Driver(Path(folder), name, 45)
        for what, value in steps:
            getattr(driver, what)(*(() if what == "ask" else (value,)))
        driver.finish()
        frame = analysis.read(folder)
    assert frame["index"].tolist() == list(range(45))
    assert frame.architecture.is_unique
    for row in frame.itertuples():
        expected = outcome(SPACE.parse(row.architecture))
        assert row.status == ("done" if isinstance(expected, Evaluation) else "failed")
        assert row.status == "failed" or row.accuracy == expected.accuracy
    if not ALGORITHMS[name].order_matters:
        # All but the order in which results came in.
        assert frame.drop(columns="told").equals(undisturbed(name).drop(columns="told"))


@pytest.fixture(scope="module")
def content(tmp_path_factory) -> bytes:
    folder = tmp_path_factory.mktemp("whole")
    Driver(folder, "autosnn", 25).finish()
    return (folder / "journal.jsonl").read_bytes()


def damaged(content: bytes):
    """A journal after a few edits of lines and bytes; never the same as before, never only cut short."""
    lines = content.splitlines(keepends=True)
    position = st.integers(0, len(lines) - 1)
    edit = st.one_of(
        st.tuples(st.just("drop"), position, position),
        st.tuples(st.just("double"), position, position),
        st.tuples(st.just("swap"), position, position),
        st.tuples(st.just("flip"), st.integers(0, len(content) - 1), st.integers(0, 7)),
        st.tuples(st.just("insert"), position, st.binary(min_size=1, max_size=30)),
    )
    return st.lists(edit, min_size=1, max_size=4).map(lambda edits: _edited(lines, edits))


def _edited(lines: list[bytes], edits) -> bytes:
    lines = list(lines)
    for what, first, second in edits:
        first = first % max(1, len(lines)) if what != "flip" else first
        if what == "drop" and len(lines) > 1:
            del lines[first]
        elif what == "double":
            lines.insert(second % len(lines), lines[first])
        elif what == "swap":
            second %= len(lines)
            lines[first], lines[second] = lines[second], lines[first]
        elif what == "insert":
            lines.insert(first, second)
        elif what == "flip":
            whole = bytearray(b"".join(lines))
            whole[first % len(whole)] ^= 1 << second
            lines = bytes(whole).splitlines(keepends=True)
    return b"".join(lines)


@settings(max_examples=150)
@given(data=st.data())
def test_a_damaged_journal_is_an_error_or_a_shorter_whole_one(content, data):
    changed = data.draw(damaged(content))
    with TemporaryDirectory() as folder:
        (Path(folder) / "journal.jsonl").write_bytes(content)
        whole = read_journal(folder).events
        (Path(folder) / "journal.jsonl").write_bytes(changed)
        try:
            contents = read_journal(folder)
        except JournalError as error:
            assert "line" in str(error)  # noqa: PT017
        else:
            assert contents.events == whole[: len(contents.events)]
            assert contents.torn or content.startswith(changed)


@settings(max_examples=300)
@given(changed=st.binary(max_size=400))
def test_a_file_of_any_bytes_is_no_run(changed):
    with TemporaryDirectory() as folder:
        (Path(folder) / "journal.jsonl").write_bytes(changed)
        with contextlib.suppress(JournalError):
            assert read_journal(folder).events == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="making a folder immutable needs root")
@pytest.mark.parametrize("locked", ["folder", "journal"])
def test_a_folder_that_became_read_only_is_one_clear_error_and_nothing_changes(tmp_path, content, locked):
    """chattr +i: root too may then not write."""
    run = tmp_path / "run"
    run.mkdir()
    (run / "journal.jsonl").write_bytes(content)
    target = run if locked == "folder" else run / "journal.jsonl"
    if subprocess.run(["chattr", "+i", str(target)], check=False, capture_output=True).returncode:
        pytest.skip("this file system knows no immutable files")
    try:
        with pytest.raises(JournalError, match="cannot be written: Operation not permitted"):
            Journal.append_to(run)
        assert len(analysis.read(run)) == 25, "a run that cannot be written can still be read"
    finally:
        subprocess.run(["chattr", "-i", str(target)], check=True)
    assert (run / "journal.jsonl").read_bytes() == content


def test_seeds_and_orders_give_the_same_bytes_of_asks(tmp_path):
    """Two processes, two orders: the asks of a generational run are the same to the byte, sequence and time aside."""
    asks = []
    for order in (0, 1):
        folder = tmp_path / str(order)
        driver = Driver(folder, "autosnn", 45)
        rng = np.random.default_rng(order)
        while not driver.state.done:
            driver.ask()
            if rng.random() < 0.5:
                driver.tell(int(rng.integers(9)))
        driver.finish()
        lines = (folder / "journal.jsonl").read_text().splitlines()
        asks.append([line.partition('"index"')[2].rpartition(",")[0] for line in lines if '"event":"ask"' in line])
    assert asks[0] == asks[1]
