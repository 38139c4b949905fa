"""The journal: what is written is read; what is damaged is never read as something else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosnn_ray.errors import AutoSNNWarning, JournalError, RunExistsError
from autosnn_ray.evaluations import Evaluation, Measure
from autosnn_ray.journal import Ask, Extend, Fail, Journal, JournalContents, Resume, Start, Stop, Tell, read_journal
from autosnn_ray.journal.events import decode, encode

CONFIG = {"problem": {"space": {"name": "tiny"}}, "note": 'naïve, 100 %, "quoted", {crc}'}


def ask(index: int) -> dict[str, object]:
    return {
        "index": index, "architecture": ["skip", "scb_k3"], "origin": "random", "parents": [], "generation": 0,
        "repetition": 0,
    }  # fmt: skip


def evaluation(accuracy: float = 0.5) -> Evaluation:
    layers = {"stem": 100.0, "head": 23.25}
    return Evaluation.measured(
        accuracy=accuracy, spikes=123.25, loss=0.1, samples=360, layer_spikes=layers, seconds=0.5
    )


def write(folder: Path) -> Path:
    with Journal.create(folder) as journal:
        journal.write("start", config=CONFIG)
        journal.write("ask", **ask(0))
        journal.write("ask", **ask(1))
        journal.write("tell", index=1, evaluation=evaluation().to_dict(), attempts=1)
        journal.write("fail", index=0, reason='it raised:\n"no"', attempts=2)
        journal.write("stop", reason="all told")
    return folder / "journal.jsonl"


def test_what_is_written_is_read(tmp_path):
    write(tmp_path)
    contents = read_journal(tmp_path)
    assert contents.events == (
        Start(CONFIG),
        Ask(0, ("skip", "scb_k3"), "random", (), 0),
        Ask(1, ("skip", "scb_k3"), "random", (), 0),
        Tell(1, evaluation(), 1),
        Fail(0, 'it raised:\n"no"', 2),
        Stop("all told"),
    )
    assert contents.config == CONFIG
    assert contents.stopped
    assert not contents.torn
    assert read_journal(tmp_path / "journal.jsonl") == contents


@given(
    accuracy=st.floats(0, 1), spikes=st.floats(0, 1e9), seconds=st.floats(0, 1e6), reason=st.text(),
    layers=st.dictionaries(st.text(max_size=8), st.floats(0, 1e9), max_size=3),
)  # fmt: skip
def test_every_value_survives_to_the_last_bit(accuracy, spikes, seconds, reason, layers):
    given_ = Evaluation.measured(
        accuracy=accuracy, spikes=spikes, loss=0.25, samples=7, layer_spikes=layers, seconds=seconds
    )
    reason = reason.encode("utf-8", "replace").decode()
    told = decode(encode(3, "tell", 1.5, {"index": 0, "evaluation": given_.to_dict(), "attempts": 1}))
    assert told == (3, Tell(0, given_, 1))
    assert decode(encode(0, "fail", 1.5, {"index": 0, "reason": reason, "attempts": 1}))[1] == Fail(0, reason, 1)


numbers = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=8).map(lambda text: text.encode("utf-8", "replace").decode())
measures = st.one_of(
    st.builds(Measure, numbers, st.sampled_from(["mean", "exact", "score", "given"])),
    st.builds(Measure, st.floats(0, 1), st.just("share"), st.integers(1, 10**6)),
    st.builds(lambda value, low, high: Measure(value, "prediction", 0, low, high), numbers, numbers, numbers),
)


@given(
    found=st.dictionaries(texts, measures, min_size=1, max_size=4),
    layers=st.dictionaries(texts, numbers, max_size=3),
    attempts=st.integers(1, 9),
    whole=st.integers(0, 2**40),
    architecture=st.lists(texts, max_size=6),
    origin=texts,
    parents=st.lists(st.integers(0, 2**40), max_size=3),
)
def test_every_event_of_today_survives_to_the_last_bit(found, layers, attempts, whole, architecture, origin, parents):
    evaluation = Evaluation(found, layers, 0.5)
    fields = {"index": whole, "evaluation": evaluation.to_dict(), "attempts": attempts}
    sequence, told = decode(encode(whole, "tell", 1.5, fields))
    assert (sequence, told.index, told.attempts) == (whole, whole, attempts)
    assert told.evaluation.to_dict() == evaluation.to_dict()
    assert {name: measure.basis for name, measure in told.evaluation.measures.items()} == {
        name: measure.basis for name, measure in found.items()
    }
    asked = Ask(whole, tuple(architecture), origin, tuple(parents), whole + 1, attempts)
    line = encode(3, "ask", 1.5, {**asdict(asked), "architecture": architecture, "parents": parents})
    assert "\n" not in line
    assert decode(line) == (3, asked)
    assert decode(encode(4, "extend", 1.5, {"candidates": whole, "versions": {origin: origin}}))[1] == Extend(
        whole, {origin: origin}
    )
    assert decode(encode(5, "start", 1.5, {"config": {origin: architecture}}))[1] == Start({origin: architecture})


@pytest.mark.parametrize("lost", ["index", "architecture", "origin", "parents", "generation", "repetition"])
def test_an_ask_that_lacks_a_field_is_an_error(lost):
    fields = {name: value for name, value in ask(0).items() if name != lost}
    with pytest.raises(ValueError, match=f"the event 'ask' lacks a field or has a wrong one: KeyError..{lost}"):
        decode(encode(0, "ask", 1.5, fields))


def test_an_evaluation_of_an_unknown_basis_is_an_error():
    """What came about in a way that this program does not know cannot be given an interval."""
    found = {"measures": {"accuracy": {"value": 0.5, "basis": "guess"}}, "layer_spikes": {}, "seconds": 0.0}
    with pytest.raises(ValueError, match="unknown basis of a measure 'guess'; expected one of: share, mean"):
        decode(encode(0, "tell", 1.5, {"index": 0, "evaluation": found, "attempts": 1}))


def test_evaluations_of_an_architecture_are_one_a_repetition(tmp_path):
    """In the order of the candidates, whichever came back first."""
    with Journal.create(tmp_path) as journal:
        journal.write("start", config=CONFIG)
        for index in range(3):
            journal.write("ask", **{**ask(index), "repetition": index})
        for index in (2, 0, 1):
            journal.write("tell", index=index, evaluation=evaluation(index / 4).to_dict(), attempts=1)
    contents = read_journal(tmp_path)
    found = contents.evaluations[("skip", "scb_k3")]
    assert [one.accuracy for one in found] == [0.0, 0.25, 0.5]
    assert [asked.repetition for asked, _ in contents.told] == [0, 1, 2]
    assert list(contents.asked) == [0, 1, 2]


def test_a_last_line_torn_anywhere_is_left_out_and_said_so(tmp_path):
    path = write(tmp_path)
    content = path.read_bytes()
    last = content[:-1].rindex(b"\n") + 1
    whole = read_journal(tmp_path).events
    for end in range(last, len(content)):
        path.write_bytes(content[:end])
        contents = read_journal(tmp_path)
        assert contents.events == whole[:-1]
        assert contents.torn == (end > last)
        assert contents.size == last


def test_every_single_bit_flip_is_an_error_or_a_torn_end(tmp_path):
    path = write(tmp_path)
    content = path.read_bytes()
    whole = read_journal(tmp_path).events
    found = {"error": 0, "torn": 0}
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 1 << (position % 8)
        path.write_bytes(bytes(damaged))
        try:
            contents = read_journal(tmp_path)
        except JournalError as error:
            found["error"] += 1
            assert "line" in str(error)  # noqa: PT017
        else:
            assert contents.torn
            assert contents.events == whole[: len(contents.events)]
            found["torn"] += 1
    assert found["torn"] == 1, "only the flip of the last line's end looks like a torn line"
    assert found["error"] == len(content) - 1


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda lines: [lines[0], *lines[2:]], "line 2: sequence number 2 where 1 is due: an event is missing"),
        (
            lambda lines: [*lines[:3], lines[2], *lines[3:]],
            "line 4: sequence number 2 where 3 is due: an event is doubled",
        ),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "line 2: sequence number 2"),
        (lambda lines: lines[1:], "line 1: sequence number 1 where 0 is due"),
        (lambda lines: [lines[0], b"", *lines[1:]], "line 2: the checksum is missing"),
        (lambda lines: [*lines, lines[-1]], "line 7: sequence number 5"),
        (lambda lines: [b"\xff\xfe", *lines], "line 1"),
    ],
)
def test_lines_that_are_missing_doubled_or_moved_are_errors(tmp_path, damage, said):
    path = write(tmp_path)
    path.write_bytes(b"".join(line + b"\n" for line in damage(path.read_bytes().splitlines())))
    with pytest.raises(JournalError, match=said):
        read_journal(tmp_path)


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([("ask", ask(0))], "the first event is not the start"),
        ([("start", {"config": {}}), ("start", {"config": {}})], "a second start"),
        ([("start", {"config": {}}), ("ask", ask(0)), ("ask", ask(0))], "candidate 0 is asked twice"),
        ([("start", {"config": {}}), ("fail", {"index": 3, "reason": "", "attempts": 1})], "without having been asked"),
        (
            [("start", {"config": {}}), ("ask", ask(0)), *[("fail", {"index": 0, "reason": "", "attempts": 1})] * 2],
            "candidate 0 is told twice",
        ),
        ([("start", {"config": {}}), ("stop", {"reason": ""}), ("ask", ask(0))], "an event after the stop"),
        (
            [("start", {"config": {"candidates": 9}}), ("extend", {"candidates": 9, "versions": {}})],
            "extended to 9 candidates where 9 were asked for before",
        ),
        ([("start", {"config": {}}), ("dance", {})], "unknown event 'dance'; known: start, ask"),
        ([("start", {"config": {}}), ("ask", {"index": 0})], "lacks a field"),
        ([("start", {"config": 3})], "lacks a field or has a wrong one"),
        ([("start", {"config": {"evaluator": ["path"]}})], "the start's evaluator: expected a table"),
        (
            [("start", {"config": {"evaluator": {"settings": [""]}}})],
            "the start's evaluator.settings: expected a table",
        ),
    ],
)
def test_events_out_of_place_are_errors(tmp_path, events, said):
    lines = [encode(number, event, 0.0, fields) for number, (event, fields) in enumerate(events)]
    (tmp_path / "journal.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(JournalError, match=said):
        read_journal(tmp_path)


def test_another_schema_version_is_an_error(tmp_path):
    line = encode(0, "start", 0.0, {"config": {}})
    import zlib

    body = line.rpartition(',"crc"')[0].replace('"v":2', '"v":3')
    signed = f'{body},"crc":"{zlib.crc32((body + "}").encode()):08x}"}}\n'
    (tmp_path / "journal.jsonl").write_text(signed)
    with pytest.raises(JournalError, match="schema version 3, this program reads 1, 2"):
        read_journal(tmp_path)


def test_nan_is_never_written(tmp_path):
    with Journal.create(tmp_path) as journal:
        journal.write("start", config={})
        with pytest.raises(ValueError, match="JSON"):
            journal.write("stop", reason=float("nan"))


def test_a_run_at_its_end_can_be_extended_and_goes_on(tmp_path):
    with Journal.create(tmp_path) as journal:
        journal.write("start", config={"candidates": 1, "note": "x"})
        journal.write("stop", reason="all told")
        journal.write("extend", candidates=2, versions={"python": "3"})
        journal.write("ask", **ask(0))
    contents = read_journal(tmp_path)
    assert contents.events[2] == Extend(2, {"python": "3"})
    assert contents.config == {"candidates": 2, "note": "x"}
    assert not contents.stopped


@pytest.mark.parametrize("left", [b"", b"{", b'{"v":1,"seq":0,"event":"sta'])
def test_a_folder_whose_writer_was_killed_before_the_start_is_as_good_as_new(tmp_path, left):
    (tmp_path / "journal.jsonl").write_bytes(left)
    with Journal.create(tmp_path) as journal:
        journal.write("start", config={})
    assert read_journal(tmp_path).events == (Start({}),)


def test_a_file_that_is_no_journal_is_never_overwritten(tmp_path):
    (tmp_path / "journal.jsonl").write_text("my diary")
    with pytest.raises(RunExistsError):
        Journal.create(tmp_path)
    assert (tmp_path / "journal.jsonl").read_text() == "my diary"


def test_a_folder_with_a_run_is_refused(tmp_path):
    write(tmp_path)
    with pytest.raises(RunExistsError, match="resume"):
        Journal.create(tmp_path)


def test_going_on_cuts_the_torn_end_off_and_says_so(tmp_path):
    path = write(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]) + lines[3][:20])
    with pytest.warns(AutoSNNWarning, match="torn last line"):
        journal = Journal.append_to(tmp_path)
    with journal:
        assert not journal.stopped
        journal.write("resume", versions={"python": "3"})
        journal.write("tell", index=0, evaluation=evaluation(0.75).to_dict(), attempts=1)
    contents = read_journal(tmp_path)
    assert contents.events[3:] == (Resume({"python": "3"}), Tell(0, evaluation(0.75), 1))


def test_going_on_where_no_run_is_or_a_damaged_one_is_an_error(tmp_path):
    with pytest.raises(JournalError, match="is this the folder of a run"):
        Journal.append_to(tmp_path / "nowhere")
    path = write(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"0.5", b"0.6"))
    before = path.read_bytes()
    with pytest.raises(JournalError, match="changed or damaged"):
        Journal.append_to(tmp_path)
    assert path.read_bytes() == before


def test_a_second_process_is_refused_with_the_name_of_the_first(tmp_path):
    code = (
        "import sys, time; from autosnn_ray.journal import Journal\n"
        "journal = Journal.create(sys.argv[1]); journal.write('start', config={})\n"
        "print('up', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "up\n"
        with pytest.raises(RunExistsError, match=f"process {holder.pid} on "):
            Journal.append_to(tmp_path / "run")
    finally:
        holder.kill()
        holder.wait()
    with Journal.append_to(tmp_path / "run") as journal:
        assert not journal.stopped, "the lock of a killed process is free"


def test_after_a_failed_write_nothing_more_is_written(tmp_path):
    """/dev/full takes no byte: as a disk without room."""
    (tmp_path / "journal.jsonl").symlink_to("/dev/full")
    journal = Journal(tmp_path, os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR), JournalContents((), False, 0))
    for _ in range(2):
        with pytest.raises(JournalError, match=r"journal\.jsonl: cannot be written: No space left on device"):
            journal.write("start", config={})
    journal.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a read-only file system needs root")
def test_a_read_only_folder_is_one_clear_error(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)], check=True)
    try:
        with pytest.raises(JournalError, match="Read-only file system"):
            Journal.create(folder / "run")
    finally:
        subprocess.run(["umount", str(folder)], check=True)


WRITER = """
import sys
from autosnn_ray.journal import Journal
journal = Journal.create(sys.argv[1])
journal.write("start", config={})
print("up", flush=True)
for index in range(100000):
    journal.write("ask", index=index, architecture=["skip"] * 5, origin="random", parents=[], generation=0,
                  repetition=0)
"""


@pytest.mark.parametrize("round_", range(5))
def test_whatever_instant_a_writer_is_killed_what_it_wrote_can_be_read(tmp_path, round_):
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.013 * (round_ + 1))
    process.kill()
    process.wait()
    events = read_journal(tmp_path).events
    assert [event.index for event in events[1:]] == list(range(len(events) - 1))


def test_every_line_is_json_of_its_own(tmp_path):
    for number, line in enumerate(write(tmp_path).read_text().splitlines()):
        entries = json.loads(line)
        assert entries["v"] == 2
        assert entries["seq"] == number
