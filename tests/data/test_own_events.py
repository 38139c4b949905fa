"""Event recordings of one's own in a folder for each class: cut, kept, split and, where one is bad, named."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from autosnn_ray.data import load_dataset, load_described
from autosnn_ray.data.options import DataOptions
from autosnn_ray.data.readers.event_arrays import numpy_events
from autosnn_ray.data.readers.recordings import Recording, samples_of
from autosnn_ray.data.readers.samples import Reading
from autosnn_ray.errors import InvalidInputError, SkippedFilesWarning
from tests.data import make_events as make
from tests.data.test_event_files import write_by_vendor, write_dat

CLASSES = ("wave 2", "wave 10", "clap")


def write_class_folders(folder, each=10, classes=CLASSES, suffix=".npy", first=0):
    for label, name in enumerate(classes):
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        for number in range(first, first + each):
            events = make.recording(label, number, 34)
            if suffix == ".npy":
                np.save(place / f"{number}.npy", events)
            elif suffix == ".aedat4":
                (place / f"{number}.aedat4").write_bytes(make.aedat_4(events))
            elif suffix == ".bin":
                (place / f"{number}.bin").write_bytes(make.nmnist(events))
            elif suffix == ".dat":
                write_dat(place / f"{number}.dat", events, b"% Height 34\n% Width 34\n")
    return str(folder)


@pytest.mark.parametrize("suffix", [".npy", ".bin", ".dat", ".aedat4"])
def test_recordings_by_class_are_a_data_set(suffix, tmp_path, frames_cache):
    sensor = {".npy": (34, 34), ".bin": (34, 34)}.get(suffix)
    data = load_dataset(write_class_folders(tmp_path, suffix=suffix), sensor=sensor, frames=3, frames_by="time")
    assert (len(data.train), len(data.validation), len(data.test)) == (18, 6, 6)
    assert data.class_names == ("clap", "wave 2", "wave 10")
    side = 128 if suffix == ".aedat4" else 34
    assert data.train.x.shape[1:] == (3, 2, side, side)
    assert data.train.x.dtype == torch.uint8
    assert "counts of events" in repr(data)
    again = load_described(json.loads(json.dumps(data.describe())))
    assert again.checksum == data.checksum
    assert again.describe() == data.describe()


def test_events_of_each_class_stand_where_they_were(tmp_path, frames_cache):
    data = load_dataset(write_class_folders(tmp_path), sensor=(34, 34), frames=1)
    for label, name in enumerate(CLASSES):
        number = data.class_names.index(name)
        counts = data.train.x[data.train.y == number].double().sum(dim=(0, 1, 2))
        columns = (counts.sum(dim=0) * torch.arange(34)).sum() / counts.sum()
        assert float(columns) == pytest.approx((label + 0.5) / 4 * 34, abs=0.5)


def test_a_sensor_that_is_not_said_must_be_given(tmp_path, frames_cache):
    path = write_class_folders(tmp_path)
    with pytest.raises(InvalidInputError, match=r"0.npy: does not say how large .*give its width and height"):
        load_dataset(path)
    with pytest.raises(InvalidInputError, match=r"\d.npy: event \d+ at x \d+, y \d+ lies outside the sensor of 20x34"):
        load_dataset(path, sensor=(20, 34))
    with pytest.raises(InvalidInputError, match="sensor: expected width and height"):
        load_dataset(path, sensor=(34,))
    with pytest.raises(InvalidInputError, match="sensor: expected for recordings of events of your own alone"):
        load_dataset("digits", sensor=(34, 34))


def test_a_sensor_that_is_not_square_is_width_by_height(tmp_path, frames_cache):
    pytest.importorskip("dv_processing", reason="the vendor has no wheels here")
    for label, name in enumerate(("left", "right")):
        (tmp_path / name).mkdir()
        for number in range(5):
            events = make.recording(label, number, 100)
            events["x"] += 200 * label
            write_by_vendor(tmp_path / name / f"{number}.aedat4", events, sensor=(346, 260))
    data = load_dataset(str(tmp_path), frames=2)
    assert data.input_size == (260, 346)
    assert data.train.x.shape[1:] == (2, 2, 260, 346)
    small = load_dataset(str(tmp_path), frames=2, size=(65, 87))
    assert int(small.train.x.sum()) == int(data.train.x.sum())
    write_by_vendor(tmp_path / "right" / "4.aedat4", make.recording(0, 0, 100), sensor=(240, 180))
    with pytest.raises(InvalidInputError, match=r"4.aedat4: expected a recording of 346x260 .*got one of 240x180"):
        load_dataset(str(tmp_path), frames=2)


def test_folders_of_splits_stay_apart(tmp_path, frames_cache):
    write_class_folders(tmp_path / "train", each=6)
    write_class_folders(tmp_path / "valid", each=2, first=6)
    write_class_folders(tmp_path / "test", each=1, first=8)
    data = load_dataset(str(tmp_path), sensor=(34, 34))
    assert (len(data.train), len(data.validation), len(data.test)) == (18, 6, 3)
    assert data.options["validation_by"] == "given"


def test_a_table_keeps_recordings_of_one_person_together(tmp_path, frames_cache):
    path = write_class_folders(tmp_path)
    lines = [f"{name}/{number}.npy,person {number}" for name in CLASSES for number in range(10)]
    (tmp_path / "groups.csv").write_text("\n".join(["file,group", *lines]))
    data = load_dataset(path, sensor=(34, 34))
    assert data.options["validation_by"] == "groups"
    for split in (data.validation, data.test):
        assert torch.bincount(split.y).tolist() == [2, 2, 2], "all recordings of two persons"


def test_what_systems_leave_behind_is_no_recording(tmp_path, frames_cache):
    path = write_class_folders(tmp_path)
    before = load_dataset(path, sensor=(34, 34))
    (tmp_path / "clap" / "._0.npy").write_bytes(b"\0\5\26\7")
    (tmp_path / "clap" / ".DS_Store").write_bytes(b"\0")
    (tmp_path / "__MACOSX").mkdir()
    assert load_dataset(path, sensor=(34, 34)).checksum == before.checksum
    make.write_nmnist(tmp_path / "nmnist", train=5, test=1)
    named = load_dataset("nmnist", folder=tmp_path / "nmnist")
    (tmp_path / "nmnist" / "Train" / "0" / "._00000.bin").write_bytes(b"\0\5\26\7\0")
    assert load_dataset("nmnist", folder=tmp_path / "nmnist").checksum == named.checksum


def test_images_among_recordings_are_refused(tmp_path):
    path = write_class_folders(tmp_path)
    (tmp_path / "clap" / "preview.png").write_bytes(b"")
    with pytest.raises(InvalidInputError, match="holds images and recordings of events"):
        load_dataset(path, sensor=(34, 34))


def test_damaged_recordings_stop_the_load_or_are_left_out_and_listed(tmp_path, frames_cache):
    path = write_class_folders(tmp_path)
    whole = load_dataset(path, sensor=(34, 34), seed=1)
    (tmp_path / "clap" / "3.npy").write_bytes(b"\x93NUMPY and no more")
    few = make.recording(0, 0, 34)[:2]
    np.save(tmp_path / "wave 2" / "5.npy", few)
    with pytest.raises(InvalidInputError, match=r"(3|5)\.npy: "):
        load_dataset(path, sensor=(34, 34), seed=1)
    with pytest.warns(SkippedFilesWarning, match=r"2 files that cannot be read were left out: .*npy: "):
        data = load_dataset(path, sensor=(34, 34), seed=1, skip_damaged=True)
    splits = list(
        zip((whole.train, whole.validation, whole.test), (data.train, data.validation, data.test), strict=True)
    )
    assert sum(len(left.y) for _, left in splits) == 28
    for before, after in splits:
        kept = {(x.numpy().tobytes(), int(y)) for x, y in zip(after.x, after.y, strict=True)}
        assert kept <= {(x.numpy().tobytes(), int(y)) for x, y in zip(before.x, before.y, strict=True)}
    assert len(data.skipped) == 2
    assert "left out: 2 files" in repr(data)
    with pytest.warns(SkippedFilesWarning):
        again = load_described(json.loads(json.dumps(data.describe())))
    assert (again.checksum, again.skipped) == (data.checksum, data.skipped)


def test_damaged_images_are_left_out_too(tmp_path):
    from tests.data.test_image_files import write_classes

    write_classes(tmp_path, np.arange(30, dtype=np.uint8)[:, None, None].repeat(4, 1).repeat(4, 2))
    (tmp_path / "cat" / "004.png").write_bytes(b"")
    with pytest.raises(InvalidInputError, match=r"004\.png"):
        load_dataset(str(tmp_path))
    with pytest.warns(SkippedFilesWarning, match=r"1 files .*004\.png"):
        data = load_dataset(str(tmp_path), skip_damaged=True)
    values = torch.cat([split.x[:, 0, 0, 0] for split in (data.train, data.validation, data.test)])
    found = sorted((values * 255).round().int().tolist())
    assert found == [value for value in range(30) if value != 4]


def test_nothing_that_can_be_read_is_refused_also_where_damage_is_skipped(tmp_path):
    path = write_class_folders(tmp_path)
    for file in tmp_path.glob("*/*.npy"):
        file.write_bytes(b"")
    with pytest.raises(InvalidInputError, match=r"no file of train can be read: .*npy"):
        load_dataset(path, sensor=(34, 34), skip_damaged=True)


def test_how_far_the_cutting_has_come_is_told(tmp_path, frames_cache):
    told = []
    load_dataset(write_class_folders(tmp_path), sensor=(34, 34), on_read=lambda done, total: told.append((done, total)))
    assert told == [(done, 30) for done in range(1, 31)]


def test_memory_does_not_grow_with_the_number_of_frames(tmp_path, monkeypatch):
    """A recording of 20,000 frames, 46 MB of counts, is cut and read back in a few megabytes."""
    import tracemalloc

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    np.save(tmp_path / "1.npy", make.recording(0, 0, 34))
    options = DataOptions(frames=20_000, frames_by="time")
    samples = samples_of([Recording(tmp_path / "1.npy", 0, numpy_events)], (34, 34), options)
    for _ in ("cut", "kept"):
        tracemalloc.start()
        frames = samples.read(np.array([0]), Reading())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert frames.shape == (1, 20_000, 2, 34, 34)
        assert 200 < frames.sum() <= 300
        assert peak < 25e6
