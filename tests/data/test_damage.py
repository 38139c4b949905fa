"""Random damage to files of every format: the package's own error with the file's name comes out, or a data set."""

from __future__ import annotations

import gzip
import io
import time
import warnings

import h5py
import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from autosnn_ray.data import load_dataset
from autosnn_ray.data.readers import event_files
from autosnn_ray.data.readers.cifar import read_cifar
from autosnn_ray.data.readers.event_arrays import hdf5_events, numpy_events
from autosnn_ray.data.readers.idx import read_idx
from autosnn_ray.data.readers.kept import copy_kept, keep
from autosnn_ray.data.readers.svhn import read_svhn
from autosnn_ray.errors import DamagedCacheWarning, InvalidInputError
from tests.data import make_events as make
from tests.data.make_files import idx_bytes, labels, noise
from tests.data.test_event_files import write_by_vendor

SECONDS, MOST = 0.8, 400


def damaged(content: bytes, seed: int = 0):
    """Gives a file cut off, with bytes changed, missing, put in, or overwritten; half of it near the beginning."""
    rng = np.random.default_rng(seed)
    until = time.monotonic() + SECONDS
    for number in range(MOST):
        if time.monotonic() > until:
            break
        changed = bytearray(content)
        reach = len(content) if number % 2 else min(len(content), 256)
        begin, length = int(rng.integers(reach)), int(rng.integers(1, 40))
        kind = rng.integers(5)
        if kind == 0:
            del changed[int(rng.integers(len(content))) :]
        elif kind == 1:
            changed[begin] = rng.integers(256)
        elif kind == 2:
            del changed[begin : begin + length]
        elif kind == 3:
            changed[begin:begin] = rng.bytes(length)
        else:
            changed[begin : begin + length] = b"\xff" * length
        yield bytes(changed)


def error_of(read, path):
    """Returns the text of the package's own error, or nothing; any other comes out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read(path)
    except InvalidInputError as error:
        return str(error)
    return None


def saved(save, *arrays, **named):
    file = io.BytesIO()
    save(file, *arrays, **named)
    return file.getvalue()


def hdf5(events):
    file = io.BytesIO()
    with h5py.File(file, "w") as written:
        for part in "xytp":
            written[f"events/{part}"] = events[part]
    return file.getvalue()


def image(frame, form, **options):
    file = io.BytesIO()
    Image.fromarray(frame).save(file, form, **options)
    return file.getvalue()


def events_by(read):
    return lambda path: event_files.read_events(path, read)


def own_images(path):
    from autosnn_ray.data.options import DataOptions
    from autosnn_ray.data.readers.images import read_image_folder
    from autosnn_ray.data.readers.samples import Reading

    source = read_image_folder(path.parents[1], DataOptions())
    source.train.read(np.arange(2), Reading())


EVENTS = make.recording(3, 1, 34, count=100)
COLUMNS = {part: EVENTS[part] for part in "xytp"}
ARRAYS = {"x": noise(40, 4, 4), "y": labels(40, 2)}
FORMATS = {
    "aedat 2": ("a.aedat", lambda: make.aedat_2(EVENTS), events_by(event_files.aedat_2)),
    "aedat 3": ("a.aedat", lambda: make.aedat_3(EVENTS, 30), events_by(event_files.aedat_3)),
    "aedat 4": ("a.aedat4", lambda: make.aedat_4(EVENTS), events_by(event_files.aedat_4)),
    "aedat 4 header": ("a.aedat4", lambda: make.aedat_4(EVENTS), event_files.read_sensor),
    "n-mnist": ("a.bin", lambda: make.nmnist(EVENTS), events_by(event_files.nmnist_file)),
    "event npy": ("a.npy", lambda: saved(np.save, EVENTS), events_by(numpy_events)),
    "gesture npy": ("a.npy", lambda: saved(np.save, make.gesture_array(EVENTS)), events_by(event_files.gesture_array)),
    "event npz": ("a.npz", lambda: saved(np.savez_compressed, **COLUMNS), events_by(numpy_events)),
    "event h5": ("a.h5", lambda: hdf5(EVENTS), events_by(hdf5_events)),
    "npz": ("a.npz", lambda: saved(np.savez, **ARRAYS), lambda path: load_dataset(str(path))),
    "compressed npz": ("a.npz", lambda: saved(np.savez_compressed, **ARRAYS), lambda path: load_dataset(str(path))),
    "idx": ("images", lambda: idx_bytes(noise(3, 4, 5)), read_idx),
    "idx, gzip": ("images.gz", lambda: gzip.compress(idx_bytes(noise(3, 4, 5))), read_idx),
    "cifar": ("batch.bin", lambda: bytes(3073 * 2), lambda path: read_cifar([path], 1, 10)),
    "png": ("a/1.png", lambda: image(noise(1, 9, 9, 3)[0], "PNG"), own_images),
    "jpeg": ("a/1.jpg", lambda: image(noise(1, 9, 9, 3)[0], "JPEG"), own_images),
    "tiff": ("a/1.tif", lambda: image(noise(1, 9, 9)[0].astype(np.uint16), "TIFF", compression="tiff_lzw"), own_images),
}


@pytest.mark.parametrize("name", FORMATS)
def test_damage_of_any_kind_is_one_error_that_names_the_file(name, tmp_path):
    file, content, read = FORMATS[name]
    path = tmp_path / "data" / file
    path.parent.mkdir(parents=True)
    if read is own_images:
        for other in (tmp_path / "data/a/2.png", tmp_path / "data/b/3.png"):
            other.parent.mkdir(exist_ok=True)
            other.write_bytes(image(noise(1, 9, 9, 3)[0], "PNG"))
    path.write_bytes(content())
    read(path)
    refused = 0
    for changed in damaged(content()):
        path.write_bytes(changed)
        said = error_of(read, path)
        if said is not None:
            refused += 1
            assert file in said or "a/2.png: expected" in said, "an image may have another size than the next"
            assert "\n" not in said
    assert refused > 20


def test_damage_to_what_the_vendors_library_writes(tmp_path):
    pytest.importorskip("dv_processing", reason="the vendor has no wheels here")
    write_by_vendor(tmp_path / "whole.aedat4", EVENTS)
    path = tmp_path / "a.aedat4"
    for changed in damaged((tmp_path / "whole.aedat4").read_bytes()):
        path.write_bytes(changed)
        for read in (events_by(event_files.aedat_4), event_files.read_sensor):
            assert (error_of(read, path) or str(path)).startswith(str(path))


def test_damage_to_matlab_files(tmp_path):
    x, y = noise(4, 32, 32, 3).transpose(1, 2, 3, 0), labels(4)[:, None]
    for part in ("train", "test"):
        savemat(tmp_path / f"{part}_32x32.mat", {"X": x, "y": y})
    path = tmp_path / "train_32x32.mat"
    for changed in damaged(path.read_bytes()):
        path.write_bytes(changed)
        said = error_of(lambda _: read_svhn([tmp_path]), path)
        assert said is None or path.name in said


def test_damage_to_kept_frames_never_stops_a_load(tmp_path):
    """What is there comes back whole, or is said to be damaged and is not used."""
    shape = (3, 2, 8, 8)
    frames = noise(3, 2, 8, 8)
    keep(tmp_path, "a" * 64, shape, [frames[:1], frames[1:]], io.BytesIO())
    path = next(tmp_path.rglob("*.npz"))
    whole, noticed = path.read_bytes(), 0
    for changed in damaged(whole):
        path.write_bytes(changed)
        out = io.BytesIO()
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            found = copy_kept(tmp_path, "a" * 64, shape, out)
        if found:
            assert out.getvalue()[: frames.size] == frames.tobytes()
        else:
            noticed += 1
            assert [warning.category for warning in said] == [DamagedCacheWarning]
            assert out.tell() == 0
    assert noticed > 100


def test_an_array_named_as_an_archive_is_said(tmp_path):
    with (tmp_path / "mine.npz").open("wb") as file:
        np.save(file, noise(4, 4))
    with pytest.raises(InvalidInputError, match=r"mine.npz: expected a .npz file of several .*, got one array"):
        load_dataset(str(tmp_path / "mine.npz"))


def test_tables_with_a_mark_in_front_are_read(tmp_path, frames_cache):
    """Spreadsheets save UTF-8 with a mark before the first column's name."""
    make.write_dvs128_gesture(tmp_path, train=5, test=1)
    before = load_dataset("dvs128_gesture", folder=tmp_path)
    for path in (tmp_path / "user01_led_labels.csv", tmp_path / "trials_to_train.txt"):
        path.write_text(path.read_text(), encoding="utf-8-sig")
    assert load_dataset("dvs128_gesture", folder=tmp_path).checksum == before.checksum


def test_files_that_are_missing_are_named(tmp_path):
    from tests.data.make_files import WRITERS

    WRITERS["cifar10_dvs"](tmp_path)
    for path in (tmp_path / "truck").iterdir():
        path.unlink()
    with pytest.raises(InvalidInputError, match=r"holds some of them; missing there: truck/\*.aedat\."):
        load_dataset("cifar10_dvs", folder=tmp_path)
    (tmp_path / "more").mkdir()
    WRITERS["cifar10"](tmp_path / "more")
    (tmp_path / "more" / "cifar-10-batches-bin" / "data_batch_3.bin").unlink()
    with pytest.raises(InvalidInputError, match=r"holds some of them; missing there: data_batch_3.bin"):
        load_dataset("cifar10", folder=tmp_path / "more")
