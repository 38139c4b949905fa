"""Tiny recordings of event cameras in the real formats, written byte by byte as the formats are described."""

from __future__ import annotations

import struct
from itertools import pairwise
from pathlib import Path

import numpy as np

EVENT = np.dtype([("x", np.int64), ("y", np.int64), ("t", np.int64), ("p", np.int64)])
EVENTS = 300
CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def recording(label: int, number: int, side: int = 128, count: int = EVENTS) -> np.ndarray:
    """Events round a place that belongs to the class, over 100 ms, sorted by time."""
    rng = np.random.default_rng([label, number])
    events = np.empty(count, dtype=EVENT)
    centre = np.array([(label % 4 + 0.5) / 4, (label // 4 + 0.5) / 4]) * side
    for axis, middle in zip("xy", centre, strict=True):
        events[axis] = (middle + rng.normal(0, side / 16, count)).round().clip(0, side - 1)
    events["t"] = np.sort(rng.integers(0, 100_000, count))
    events["p"] = rng.integers(0, 2, count)
    return events


def aedat_2(events: np.ndarray) -> bytes:
    """jAER's AEDAT 2.0: big-endian words of address and time; the camera sees the world turned by half a circle."""
    header = (
        b"#!AER-DAT2.0\r\n# This is a raw AE data file - do not edit\r\n"
        b"# Data format is int32 address, int32 timestamp (8 bytes total), repeated for each event\r\n"
        b"# Timestamps tick is 1 us\r\n# created Thu Jun 18 20:03:22 CST 2015\r\n"
    )
    words = np.empty((len(events), 2), dtype=">u4")
    words[:, 0] = (127 - events["x"]) << 8 | (127 - events["y"]) << 1 | (1 - events["p"])
    words[:, 1] = events["t"]
    return header + words.tobytes()


def aedat_3(events: np.ndarray, packet: int = 128) -> bytes:
    """cAER's AEDAT 3.1: packets of polarity events, the lowest bit of an event says that it is valid."""
    parts = [b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#Start-Time: 2016-01-01 00:00:00 (TZ+0100)\r\n"]
    parts.append(b"#!END-HEADER\r\n")
    # A packet holds events of one turn of the clock, 31 bits of microseconds.
    wraps = np.searchsorted(events["t"], np.unique(events["t"] >> 31) << 31)
    for begin, end in pairwise([*sorted({*range(0, len(events), max(packet, 1)), *wraps.tolist()}), len(events)]):
        part = events[begin:end]
        words = np.empty((len(part), 2), dtype="<u4")
        words[:, 0] = part["x"] << 17 | part["y"] << 2 | part["p"] << 1 | 1
        words[:, 1] = part["t"] % 2**31
        overflow = int(part["t"][0] >> 31)
        parts += [struct.pack("<hhiiiiii", 1, 1, 8, 4, overflow, len(part), len(part), len(part)), words.tobytes()]
    return b"".join(parts)


def aedat_4(events: np.ndarray) -> bytes:
    """iniVation's AEDAT 4.0, not compressed: flatbuffers with their size before them."""
    about = (
        b'<dv version="2.0"><node name="outInfo"><node name="0"><attr key="typeIdentifier" type="string">EVTS</attr>'
        b'<node name="info"><attr key="sizeX" type="int">128</attr><attr key="sizeY" type="int">128</attr></node>'
        b"</node></node></dv>"
    )
    text = struct.pack("<I", len(about)) + about + b"\0"
    header = struct.pack("<I4s5H2xiI", 20, b"IOHE", 10, 8, 0, 0, 4, 12, 4) + text + b"\0" * (-len(text) % 4)
    rows = np.zeros(len(events), dtype=[("t", "<i8"), ("x", "<i2"), ("y", "<i2"), ("on", "?"), ("pad", "V3")])
    for ours, theirs in (("t", "t"), ("x", "x"), ("y", "y"), ("p", "on")):
        rows[theirs] = events[ours]
    body = struct.pack("<I4s3H2xiII", 16, b"EVTS", 6, 8, 4, 8, 4, len(events)) + rows.tobytes()
    packet = struct.pack("<I", len(body)) + body
    return b"#!AER-DAT4.0\r\n" + struct.pack("<I", len(header)) + header + struct.pack("<II", 0, len(packet)) + packet


def gesture_array(events: np.ndarray) -> np.ndarray:
    """Rows of x, y, polarity and milliseconds."""
    return np.stack([events["x"], events["y"], events["p"], events["t"] // 1000], axis=1)


def nmnist(events: np.ndarray) -> bytes:
    """Five bytes an event: x, y, polarity and 23 bits of time."""
    rows = np.empty((len(events), 5), dtype=np.uint8)
    rows[:, 0], rows[:, 1] = events["x"], events["y"]
    rows[:, 2] = events["p"] << 7 | events["t"] >> 16
    rows[:, 3], rows[:, 4] = events["t"] >> 8 & 255, events["t"] & 255
    return rows.tobytes()


def write_cifar10_dvs(folder: Path, each: int = 10, *, tonic: bool = False) -> None:
    """A folder a class; tonic's files are newer and in a folder of its name."""
    place = folder / "CIFAR10DVS" if tonic else folder
    for label, name in enumerate(CIFAR10_CLASSES):
        (place / name).mkdir(parents=True)
        for number in range(each):
            content = (aedat_4 if tonic else aedat_2)(recording(label, number))
            (place / name / f"cifar10_{name}_{number}.aedat{'4' if tonic else ''}").write_bytes(content)


def write_dvs128_gesture(folder: Path, train: int = 10, test: int = 2, classes: int = 10) -> None:
    """A file a user, with one gesture of each class in it, half a second apart; a table says when each is."""
    for part, users in (("train", range(train)), ("test", range(train, train + test))):
        names = [f"user{user + 1:02}_led.aedat" for user in users]
        (folder / f"trials_to_{part}.txt").write_text("".join(f"{name}\n" for name in names))
        for user, name in zip(users, names, strict=True):
            gestures = [recording(label, user) for label in range(classes)]
            for label, events in enumerate(gestures):
                events["t"] += 500_000 * (label + 1)
            (folder / name).write_bytes(aedat_3(np.concatenate(gestures)))
            rows = [f"{c + 1},{500_000 * (c + 1)},{500_000 * (c + 1) + 100_000}\n" for c in range(classes)]
            table = "class,startTime_usec,endTime_usec\n" + "".join(rows)
            (folder / f"{Path(name).stem}_labels.csv").write_text(table)


def write_gesture_arrays(folder: Path, train: int = 10, test: int = 2, classes: int = 10) -> None:
    for part, users in (("Train", range(train)), ("Test", range(train, train + test))):
        for user in users:
            inner = folder / "DVSGesture" / f"ibmGesture{part}" / f"user{user + 1:02}_led"
            inner.mkdir(parents=True)
            for label in range(classes):
                np.save(inner / f"{label}.npy", gesture_array(recording(label, user)))


def write_nmnist(folder: Path, train: int = 10, test: int = 2) -> None:
    for part, numbers in (("Train", range(train)), ("Test", range(train, train + test))):
        for label in range(10):
            (folder / part / str(label)).mkdir(parents=True)
            for number in numbers:
                path = folder / part / str(label) / f"{number:05}.bin"
                path.write_bytes(nmnist(recording(label, number, side=34)))
