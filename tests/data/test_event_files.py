"""Recordings as cameras write them: every event where and when it was, or the file refused by its name."""

from __future__ import annotations

import struct

import h5py
import numpy as np
import pytest

from autosnn_ray.data.readers import event_files
from autosnn_ray.data.readers.event_arrays import hdf5_events, numpy_events, unwrapped
from autosnn_ray.data.readers.frames import Cutting
from autosnn_ray.errors import InvalidInputError
from tests.data import make_events as make


def written(path, content):
    path.write_bytes(content)
    return path


def same(found, expected):
    return all(found[part].tolist() == expected[part].tolist() for part in "xytp")


@pytest.mark.parametrize("count", [255, 32_768, 40_000, 65_536, 65_546])
def test_a_pixel_with_more_events_than_16_bits_count_ends_at_255(count):
    events = np.zeros(count + 1, dtype=make.EVENT)
    events["t"] = np.arange(len(events))
    events["x"][-1] = 3
    frames = Cutting((4, 4), 1, "count", (4, 4)).cut(events)
    assert frames[0, 0].tolist() == [[255, 0, 0, 1], [0] * 4, [0] * 4, [0] * 4]


@pytest.mark.parametrize("kind", [bool, np.int8, np.float64])
@pytest.mark.parametrize("low", [0, -1])
def test_polarities_of_either_convention_are_told_apart(low, kind, tmp_path):
    if low == -1 and kind is bool:
        pytest.skip("there is no -1")
    events = make.recording(0, 0)
    rows = np.stack([events["x"], events["y"], events["t"], np.where(events["p"] == 1, 1, low)], axis=1)
    np.save(tmp_path / "rows.npy", rows.astype(np.float64))
    np.savez(tmp_path / "columns.npz", x=events["x"], y=events["y"], t=events["t"], p=rows[:, 3].astype(kind))
    np.save(tmp_path / "gesture.npy", np.stack([rows[:, 0], rows[:, 1], rows[:, 3], rows[:, 2]], axis=1))
    for name in ("rows.npy", "columns.npz"):
        assert same(event_files.read_events(tmp_path / name, numpy_events), events)
    gesture = event_files.read_events(tmp_path / "gesture.npy", event_files.gesture_array)
    assert gesture["p"].tolist() == events["p"].tolist()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"p": [0, 2]}, r"polarities 0 and 1, or -1 and 1, got \[0, 2\]"),
        ({"p": [0, 1, 1]}, "as many of each column"),
        ({"t": [0.1, 0.2]}, "expected t as whole numbers.*seconds times 1e6"),
        ({"t": np.float32([2**25, 2**25 + 2])}, "got float32, which has rounded them"),
        ({"x": [0, np.nan]}, "expected x as whole numbers"),
        ({"x": [0, 2**31]}, "event 1: expected a pixel as x, got 2147483648"),
        ({"x": ["a", "b"]}, "expected x as whole numbers, one an event, got <U1"),
        ({"t": None}, "missing: t"),
    ],
)
def test_columns_that_are_no_events_are_refused(change, said, tmp_path):
    columns = {"x": [0, 1], "y": [0, 1], "t": [0, 1], "p": [0, 1], **change}
    np.savez(tmp_path / "events.npz", **{name: values for name, values in columns.items() if values is not None})
    with pytest.raises(InvalidInputError, match=rf"events.npz: .*{said}"):
        event_files.read_events(tmp_path / "events.npz", numpy_events)


def test_columns_in_another_order_are_refused(tmp_path):
    """Times where polarities should be, or outside the sensor: never another picture in silence."""
    events = make.recording(0, 0)
    np.save(tmp_path / "xypt.npy", np.stack([events[part] for part in "xypt"], axis=1))
    with pytest.raises(InvalidInputError, match=r"xypt.npy: .*are the columns x, y, t, p\?"):
        event_files.read_events(tmp_path / "xypt.npy", numpy_events)
    np.save(tmp_path / "txyp.npy", np.stack([events[part] for part in "txyp"], axis=1))
    with pytest.raises(InvalidInputError, match="outside the sensor"):
        Cutting((128, 128), 4, "count", (128, 128)).cut(event_files.read_events(tmp_path / "txyp.npy", numpy_events))


@pytest.mark.parametrize(
    ("axis", "value"), [("x", -1), ("y", -1), ("x", 34), ("y", 60), ("x", 40_000), ("y", 65_536 + 3)]
)
@pytest.mark.parametrize("size", [(34, 34), (64, 64)])
def test_events_outside_the_sensor_are_refused_also_where_a_size_pads(axis, value, size):
    events = make.recording(0, 0, 34)
    events[axis][7] = value
    said = r"event 7 at x -?\d+, y -?\d+ lies outside the sensor of 34x34 pixels"
    with pytest.raises(InvalidInputError, match=said) as caught:
        Cutting((34, 34), 4, "count", size).cut(events)
    assert f"{axis} {value}" in str(caught.value)


def test_clocks_that_wrap_go_on(tmp_path):
    expected = make.recording(2, 0)
    late = expected.copy()
    late["t"] += 2**32 - 50_000
    wrapped = late.copy()
    wrapped["t"] %= 2**32
    found = event_files.read_events(written(tmp_path / "2.aedat", make.aedat_2(wrapped)), event_files.aedat_2)
    assert same(found, late)
    cutting = Cutting((128, 128), 5, "time", (128, 128))
    assert np.array_equal(cutting.cut(found), cutting.cut(expected))
    before_zero = expected.copy()
    before_zero["t"] -= 50_000
    wrapped = before_zero.copy()
    wrapped["t"] %= 2**32
    found = event_files.read_events(written(tmp_path / "0.aedat", make.aedat_2(wrapped)), event_files.aedat_2)
    assert np.array_equal(cutting.cut(found), cutting.cut(expected))
    for kind in (np.uint32, np.int32):
        columns = {part: expected[part] for part in "xyp"}
        np.savez(tmp_path / "32.npz", **columns, t=wrapped["t"].astype(np.uint32).view(kind))
        found = event_files.read_events(tmp_path / "32.npz", numpy_events)
        assert np.array_equal(cutting.cut(found), cutting.cut(expected))


def test_the_overflow_counter_of_aedat_3_is_part_of_the_time(tmp_path):
    expected = make.recording(2, 0)
    expected["t"] += 2**31 - 50_000
    found = event_files.read_events(
        written(tmp_path / "3.aedat", make.aedat_3(expected, packet=30)), event_files.aedat_3
    )
    assert same(found, expected)


def test_unwrapping_leaves_small_disorder_and_undoes_every_wrap():
    t = np.array([5, 3, 120, 119, 240, 300, 299, 301, 420, 540])
    assert unwrapped(t % 256, 256).tolist() == t.tolist()


def test_n_mnists_clock_of_23_bits_goes_on(tmp_path):
    expected = make.recording(2, 0, 34)
    expected["t"] += 2**23 - 50_000
    wrapped = expected.copy()
    wrapped["t"] %= 2**23
    found = event_files.read_events(written(tmp_path / "x.bin", make.nmnist(wrapped)), event_files.nmnist_file)
    assert same(found, expected)


def packet(kind, size, number, content, capacity=None):
    return struct.pack("<hhiiiiii", kind, 1, size, 4, 0, capacity or number, number, number) + content


def test_only_packets_of_polarity_events_are_events(tmp_path):
    """Special events of 8 bytes, a frame, IMU samples between them; a packet with room for more than it holds."""
    expected = make.recording(4, 0)
    header, *parts = (make.aedat_3(part, packet=len(part)) for part in (expected[:0], *np.split(expected, 3)))
    bodies = [part[len(header) :] for part in parts]
    roomy = bytearray(bodies[1])
    roomy[16:20] = struct.pack("<i", 4096)
    others = [
        packet(0, 8, 2, bytes([3, 0, 0, 0, 9, 0, 0, 0] * 2)),
        packet(2, 52, 1, b"\xff" * 52),
        packet(3, 36, 3, b"\x01" * 108),
    ]
    content = header + others[0] + bodies[0] + others[1] + bytes(roomy) + others[2] + bodies[2] + others[0]
    found = event_files.read_events(written(tmp_path / "mixed.aedat", content), event_files.aedat_3)
    assert same(found, expected)


@pytest.mark.parametrize("name", ["aedat_2", "aedat_3", "aedat_4", "nmnist_file"])
def test_recordings_cut_off_in_an_event_or_a_packet_are_refused(name, tmp_path):
    events = make.recording(1, 0, 34, count=100)
    whole = {"nmnist_file": make.nmnist}.get(name) or getattr(make, name)
    content = whole(events)
    cuts = [1, 3, 11] if name != "aedat_3" else [1, 8, 8 * 30, 8 * 100 + 4]
    for cut in cuts:
        with pytest.raises(InvalidInputError, match=r"cut\.rec: .*(cut off|five bytes)"):
            event_files.read_events(written(tmp_path / "cut.rec", content[:-cut]), getattr(event_files, name))


def test_another_cameras_aedat_2_is_refused(tmp_path):
    header, words = make.aedat_2(make.recording(0, 0, count=0)), np.array([[3 << 22 | 5 << 12, 0]], dtype=">u4")
    with pytest.raises(InvalidInputError, match=r"davis.aedat: expected addresses of a DVS128, got those of another"):
        event_files.read_events(written(tmp_path / "davis.aedat", header + words.tobytes()), event_files.aedat_2)


def test_signals_from_outside_are_no_events_of_aedat_2(tmp_path):
    expected = make.recording(0, 0, count=20)
    trigger = np.array([[0x8000, 50_000]], dtype=">u4").tobytes()
    path = written(tmp_path / "trigger.aedat", make.aedat_2(expected) + trigger)
    assert same(event_files.read_events(path, event_files.aedat_2), expected)


def write_by_vendor(path, events, sensor=(346, 260), start=1_700_000_000_000_000):
    import dv_processing as dv

    writer = dv.io.MonoCameraWriter(str(path), dv.io.MonoCameraWriter.EventOnlyConfig("DAVIS346_sample", sensor))
    store = dv.EventStore()
    for event in events:
        store.push_back(start + int(event["t"]), int(event["x"]), int(event["y"]), bool(event["p"]))
    writer.writeEvents(store)
    del writer


def test_what_the_vendors_library_writes_is_read_event_for_event(tmp_path):
    pytest.importorskip("dv_processing", reason="the vendor has no wheels here")
    expected = make.recording(5, 1, 260)
    expected["x"] += 80
    write_by_vendor(tmp_path / "vendor.aedat4", expected)
    found = event_files.read_events(tmp_path / "vendor.aedat4", event_files.aedat_4)
    expected["t"] += 1_700_000_000_000_000
    assert same(found, expected)
    assert event_files.read_sensor(tmp_path / "vendor.aedat4") == (260, 346)
    content = (tmp_path / "vendor.aedat4").read_bytes()
    for cut in (1000, len(content) // 2):
        with pytest.raises(InvalidInputError, match=r"cut.aedat4: .*cut off"):
            event_files.read_events(written(tmp_path / "cut.aedat4", content[:-cut]), event_files.aedat_4)


def write_dat(path, events, header=b"% Version 2\n% Height 100\n% Width 120\n"):
    words = np.empty((len(events), 2), dtype="<u4")
    words[:, 0], words[:, 1] = events["t"], events["x"] | events["y"] << 14 | events["p"] << 28
    path.write_bytes(header + b"\x0c\x08" + words.tobytes())


def test_own_formats_give_the_events_that_were_written(tmp_path):
    expected = make.recording(6, 0, 100)
    rows = np.stack([expected[part] for part in "xytp"], axis=1)
    np.save(tmp_path / "table.npy", expected)
    np.save(tmp_path / "rows.npy", rows.astype(np.uint32))
    np.savez_compressed(tmp_path / "one.npz", events=rows)
    with h5py.File(tmp_path / "columns.h5", "w") as file:
        for name, part in (("xs", "x"), ("ys", "y"), ("ts", "t"), ("ps", "p")):
            file[f"events/{name}"] = expected[part]
    with h5py.File(tmp_path / "table.h5", "w") as file:
        file["events"] = expected
    (tmp_path / "two.aedat").write_bytes(make.aedat_2(expected))
    (tmp_path / "three.aedat").write_bytes(make.aedat_3(expected))
    (tmp_path / "four.aedat4").write_bytes(make.aedat_4(expected))
    (tmp_path / "five.bin").write_bytes(make.nmnist(expected))
    write_dat(tmp_path / "prophesee.dat", expected)
    for path in sorted(tmp_path.iterdir()):
        found = event_files.read_events(path, event_files.EVENT_FORMATS[path.suffix].read)
        assert same(found, expected), path.name
    said = {path.name: event_files.read_sensor(path) for path in tmp_path.iterdir()}
    assert {name: sensor for name, sensor in said.items() if sensor} == {
        "two.aedat": (128, 128), "three.aedat": (128, 128), "four.aedat4": (128, 128), "prophesee.dat": (100, 120),
    }  # fmt: skip


def test_tables_of_other_things_are_refused(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["spikes/times"] = np.arange(3)
    with pytest.raises(InvalidInputError, match=r"other.h5: .*expected arrays x, y, t, p, got none"):
        event_files.read_events(tmp_path / "other.h5", hdf5_events)
    np.save(tmp_path / "picture.npy", np.zeros((4, 4, 3)))
    with pytest.raises(InvalidInputError, match=r"picture.npy: expected events with the columns .* got \(4, 4, 3\)"):
        event_files.read_events(tmp_path / "picture.npy", numpy_events)
