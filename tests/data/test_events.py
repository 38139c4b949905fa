"""Recordings in the real formats, read by tonic, cut into frames that are kept on the disk and never trusted."""

from __future__ import annotations

import pickle
import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from autosnn_ray.data import load_dataset
from autosnn_ray.data.readers import event_files
from autosnn_ray.data.readers.frames import FRAMES_BY, Cutting
from autosnn_ray.data.resize import fit_size
from autosnn_ray.errors import DamagedCacheWarning, InvalidInputError
from autosnn_ray.spiking import NeuronSettings, SpikingNetwork
from tests.data import make_events as make

LIVELY = NeuronSettings(decay_input=False, threshold=0.5)


def save_array(path, events):
    with path.open("wb") as file:
        np.save(file, make.gesture_array(events))


FORMATS = {
    "aedat_2": (lambda path, events: path.write_bytes(make.aedat_2(events)), event_files.aedat_2, 128),
    "aedat_3": (lambda path, events: path.write_bytes(make.aedat_3(events)), event_files.aedat_3, 128),
    "aedat_4": (lambda path, events: path.write_bytes(make.aedat_4(events)), event_files.aedat_4, 128),
    "gesture_array": (save_array, event_files.gesture_array, 128),
    "nmnist": (lambda path, events: path.write_bytes(make.nmnist(events)), event_files.nmnist_file, 34),
}


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """A cache that no other test has filled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "autosnn-ray" / "frames"


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_events_that_were_written(name, tmp_path):
    write, read, side = FORMATS[name]
    expected = make.recording(7, 2, side)
    write(tmp_path / "recording", expected)
    found = event_files.read_events(tmp_path / "recording", read)
    if name == "gesture_array":
        expected["t"] = expected["t"] // 1000 * 1000
    for part in "xytp":
        assert found[part].tolist() == expected[part].tolist(), part


def test_events_marked_as_invalid_are_left_out(tmp_path):
    content = bytearray(make.aedat_3(make.recording(0, 0, count=4)))
    content[-8] &= 0xFE
    (tmp_path / "recording").write_bytes(content)
    assert len(event_files.read_events(tmp_path / "recording", event_files.aedat_3)) == 3


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_no_recording_is_named(name, tmp_path):
    path = tmp_path / "recording"
    for content in (b"", b"#!AER-DAT2.0\r\n# nothing.\r\n", b"text, and no events", bytes(17)):
        path.write_bytes(content)
        with pytest.raises(InvalidInputError, match=r"recording: expected .*copy it again") as caught:
            event_files.read_events(path, FORMATS[name][1])
        assert "\n" not in str(caught.value)


def test_arrays_that_would_run_code_are_not_opened(tmp_path):
    path = tmp_path / "recording"
    with path.open("wb") as file:
        np.save(file, np.array([{}] * 4, dtype=object), allow_pickle=True)
    with pytest.raises(InvalidInputError, match="allow_pickle=False"):
        event_files.read_events(path, event_files.gesture_array)


def counted(events, edges, height=34, width=34):
    """Frames counted event by event: those of frame t lie from edge t to the next."""
    frames = np.zeros((len(edges) - 1, 2, height, width), dtype=np.uint8)
    for frame, (begin, end) in enumerate(pairwise(edges)):
        for event in events[begin:end]:
            frames[frame, event["p"], event["y"], event["x"]] += 1
    return frames


def test_frames_hold_equally_many_events_or_equally_long_a_time():
    events = make.recording(3, 1, 34)
    by_count = Cutting((34, 34), 7, "count", (34, 34)).cut(events)
    assert by_count.dtype == np.uint8
    assert np.array_equal(by_count, counted(events, np.arange(8) * (len(events) // 7)))
    assert (by_count.sum(axis=(1, 2, 3)) == len(events) // 7).all()
    window = (events["t"][-1] - events["t"][0]) // 7
    edges = np.searchsorted(events["t"], events["t"][0] + np.arange(8) * window)
    by_time = Cutting((34, 34), 7, "time", (34, 34)).cut(events)
    assert np.array_equal(by_time, counted(events, edges))
    assert not np.array_equal(by_time, by_count)


@pytest.mark.parametrize("size", [(34, 34), (17, 17), (40, 36), (16, 16), (20, 30), (9, 40)])
def test_a_size_adds_pixels_up_where_images_would_be_averaged(size):
    """Sums where ``fit_size`` takes means, the padding the same: no event is lost."""
    events = make.recording(5, 0, 34)
    whole = torch.from_numpy(Cutting((34, 34), 3, "count", (34, 34)).cut(events)).double()
    found = torch.from_numpy(Cutting((34, 34), 3, "count", size).cut(events)).double()
    area = np.prod([-(-34 // side) for side in size])
    assert torch.allclose(found, fit_size(whole, size) * area)
    assert found.sum() == whole.sum()


def test_counts_end_at_255():
    events = make.recording(0, 0, 34, count=1000)
    events["x"], events["y"], events["p"] = 3, 4, 1
    frames = Cutting((34, 34), 2, "count", (34, 34)).cut(events)
    assert frames[:, 1, 4, 3].tolist() == [255, 255]
    assert frames.sum() == 510


@pytest.mark.parametrize("by", FRAMES_BY)
def test_recordings_too_short_for_the_frames_are_refused(by):
    events = make.recording(0, 0, 34, count=3)
    events["t"] = [0, 1, 2]
    with pytest.raises(InvalidInputError, match="3 events are too few or too close for 9 frames"):
        Cutting((34, 34), 9, by, (34, 34)).cut(events)


@pytest.mark.parametrize(
    ("name", "write", "write_as_tonic"),
    [
        ("cifar10_dvs", make.write_cifar10_dvs, lambda folder: make.write_cifar10_dvs(folder, tonic=True)),
        ("dvs128_gesture", make.write_dvs128_gesture, make.write_gesture_arrays),
    ],
)
def test_original_files_and_tonics_are_the_same_data(name, write, write_as_tonic, tmp_path, frames_cache):
    folders = [tmp_path / "original", tmp_path / "tonic"]
    found = []
    for folder, writer in zip(folders, (write, write_as_tonic), strict=True):
        folder.mkdir()
        writer(folder)
        found.append(load_dataset(name, folder=folder))
    samples = [sorted((x.numpy().tobytes(), int(y)) for x, y in zip(d.train.x, d.train.y, strict=True)) for d in found]
    assert found[0].train.x.shape[1:] == (4, 2, 128, 128)
    assert samples[0] == samples[1] or name == "dvs128_gesture"  # there the order, and so the split, is another
    test = [sorted((x.numpy().tobytes(), int(y)) for x, y in zip(d.test.x, d.test.y, strict=True)) for d in found]
    assert test[0] == test[1]


def test_the_test_set_of_cifar10_dvs_is_a_tenth_whatever_the_seed(tmp_path, frames_cache):
    make.write_cifar10_dvs(tmp_path)
    first, other = load_dataset("cifar10_dvs", folder=tmp_path), load_dataset("cifar10_dvs", folder=tmp_path, seed=5)
    assert (len(first.train), len(first.validation), len(first.test)) == (72, 18, 10)
    assert torch.bincount(first.test.y).tolist() == [1] * 10
    assert torch.equal(first.test.x, other.test.x)
    assert not torch.equal(first.validation.x, other.validation.x)


def test_frames_are_kept_mapped_and_nothing_else_is_left(tmp_path, own_cache, monkeypatch):
    make.write_nmnist(tmp_path, train=5, test=1)
    first = load_dataset("nmnist", folder=tmp_path, frames=3, frames_by="time")
    assert first.train.x.dtype == torch.uint8
    files = [path for path in own_cache.rglob("*") if path.is_file()]
    assert len(files) == len(first.train) + len(first.validation) + len(first.test) == 60
    # From the cache alone: whoever cut anew now would fail.
    monkeypatch.setattr(Cutting, "blocks", None)
    assert load_dataset("nmnist", folder=tmp_path, frames=3, frames_by="time").checksum == first.checksum
    assert sorted(files) == sorted(path for path in own_cache.rglob("*") if path.is_file())


def test_another_way_to_cut_or_another_recording_is_another_data_set(tmp_path, frames_cache):
    make.write_nmnist(tmp_path, train=5, test=1)
    first = load_dataset("nmnist", folder=tmp_path)
    others = [{"frames": 5}, {"frames_by": "time"}, {"size": (17, 17)}]
    assert len({first.checksum, *(load_dataset("nmnist", folder=tmp_path, **o).checksum for o in others)}) == 4
    assert load_dataset("nmnist", folder=tmp_path, frames=4, frames_by="count").checksum == first.checksum
    (tmp_path / "Train" / "0" / "00000.bin").write_bytes(make.nmnist(make.recording(0, 99, side=34)))
    assert load_dataset("nmnist", folder=tmp_path).checksum != first.checksum


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _other_shape(_: bytes) -> bytes:
    import io

    file = io.BytesIO()
    np.savez_compressed(file, frames=np.zeros((1, 2, 34, 34), np.uint8))
    return file.getvalue()


class Bomb:
    def __reduce__(self):
        return (exec, ("raise SystemExit('unpickled')",))


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda _: b"",
        _flipped,
        _other_shape,
        lambda _: pickle.dumps(Bomb()),
    ],
    ids=["a byte short", "half", "empty", "a bit flipped", "another shape", "pickle"],
)
def test_damaged_frames_are_cut_anew_and_said_so(damage, tmp_path, own_cache):
    make.write_nmnist(tmp_path, train=5, test=1)
    first = load_dataset("nmnist", folder=tmp_path)
    path = min(path for path in own_cache.rglob("*.npz"))
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    with pytest.warns(DamagedCacheWarning, match="damaged and cut anew"):
        again = load_dataset("nmnist", folder=tmp_path)
    assert again.checksum == first.checksum
    assert load_dataset("nmnist", folder=tmp_path).checksum == first.checksum


def test_a_cache_that_cannot_be_written_to_is_said(tmp_path, monkeypatch):
    make.write_nmnist(tmp_path, train=5, test=1)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(InvalidInputError, match="set XDG_CACHE_HOME to a folder with room"):
        load_dataset("nmnist", folder=tmp_path)


EMPTY_GESTURES = "class,startTime_usec,endTime_usec\n" + "".join(f"{label},2,3\n" for label in range(1, 11))


@pytest.mark.parametrize(
    ("name", "damage", "said"),
    [
        ("user01_led_labels.csv", "class,startTime_usec\n1,2\n", "user01_led_labels.csv: expected a table"),
        ("user01_led_labels.csv", "class,startTime_usec,endTime_usec\none,2,3\n", "expected a table of whole numbers"),
        ("user01_led_labels.csv", EMPTY_GESTURES, "user01_led.aedat: 0 events"),
        ("trials_to_train.txt", "user01_led.aedat user99_led.aedat", "user99_led_labels.csv: expected a table"),
        ("user01_led.aedat", "#!AER-DAT3.1\r\n text", "user01_led.aedat: the file is cut off in a packet's header"),
    ],
)
def test_damaged_gestures_are_refused_by_name(name, damage, said, tmp_path, frames_cache):
    make.write_dvs128_gesture(tmp_path, train=5, test=1)
    (tmp_path / name).write_text(damage)
    with pytest.raises(InvalidInputError, match=said):
        load_dataset("dvs128_gesture", folder=tmp_path)


def test_events_outside_the_camera_are_refused(tmp_path, frames_cache):
    make.write_nmnist(tmp_path, train=5, test=1)
    events = make.recording(0, 0, side=34)
    events["x"][7] = 200
    (tmp_path / "Test" / "0" / "00005.bin").write_bytes(make.nmnist(events))
    with pytest.raises(
        InvalidInputError, match=r"00005.bin: event 7 at x 200, y \d+ lies outside the sensor of 34x34 pixels"
    ):
        load_dataset("nmnist", folder=tmp_path)


def test_only_events_are_cut_into_frames(tmp_path):
    for options in ({"frames": 4}, {"frames_by": "time"}):
        with pytest.raises(InvalidInputError, match="expected for event data sets alone, and 'digits' is none"):
            load_dataset("digits", **options)
    with pytest.raises(InvalidInputError, match="unknown way to cut events into frames 'events'; expected one of: cou"):
        load_dataset("nmnist", folder=tmp_path, frames_by="events")


def test_without_tonic_its_extra_is_named(tmp_path, own_cache, monkeypatch):
    make.write_nmnist(tmp_path, train=5, test=1)
    for name in [name for name in sys.modules if name.split(".")[0] == "tonic"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InvalidInputError, match=r"pip install 'autosnn-ray\[events\]'"):
        load_dataset("nmnist", folder=tmp_path)


def test_counts_are_augmented_in_training_alone(tmp_path, frames_cache):
    make.write_nmnist(tmp_path, train=5, test=1)
    data = load_dataset("nmnist", folder=tmp_path, augmentation="crop+flip")
    moved = data.augment(data.train.x, torch.Generator().manual_seed(0))
    assert moved.dtype == torch.uint8
    assert not torch.equal(moved, data.train.x)
    assert load_dataset("nmnist", folder=tmp_path).augmentation == "none"


def test_counts_enter_a_network_as_numbers(tmp_path, frames_cache, tiny_space):
    make.write_nmnist(tmp_path, train=5, test=1)
    x = load_dataset("nmnist", folder=tmp_path).test.x
    of_counts: dict[str, Any] = {"timesteps": 4, "in_channels": 2, "input_size": (34, 34), "neuron": LIVELY}
    network = SpikingNetwork(tiny_space, classes=10, **of_counts).eval()
    path = tiny_space.at(4)
    assert torch.equal(network(x, path).logits, network(x.float(), path).logits)
    assert network(x, path).spikes.sum() > 0
