"""Recordings of one's own, in a folder for each class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autosnn_ray.data.options import DataOptions
from autosnn_ray.data.readers.event_files import EVENT_FORMATS, read_sensor
from autosnn_ray.data.readers.files import DamagedFileError
from autosnn_ray.data.readers.folders import ClassFiles, read_class_folders
from autosnn_ray.data.readers.recordings import Recording, samples_of
from autosnn_ray.data.readers.samples import Samples, Source
from autosnn_ray.errors import InvalidInputError

SUFFIXES = tuple(EVENT_FORMATS)
_ASKED = 20


def read_event_folder(folder: Path, options: DataOptions) -> Source:
    """Reads ``CLASS/RECORDING`` files, or ``train/CLASS/RECORDING`` with ``validation`` and ``test`` beside it.

    Args:
        folder: The folder.
        options: Its ``sensor`` is the camera's size, where the files do not say it.

    Raises:
        InvalidInputError: No class folders with recordings, or a sensor that is neither given nor in the files.
    """
    held = read_class_folders(folder, "recordings", SUFFIXES)
    sensor = options.sensor[::-1] if options.sensor else _sensor(held.parts["train"].paths)

    def samples(files: ClassFiles) -> Samples:
        groups = [None] * len(files.paths) if files.groups is None else [str(group) for group in files.groups]
        recordings = [
            Recording(path, y, EVENT_FORMATS[path.suffix.lower()].read, group=group)
            for path, y, group in zip(files.paths, files.y, groups, strict=True)
        ]
        return samples_of(recordings, sensor, options, check_sensor=True)

    parts = {part: samples(files) for part, files in held.parts.items()}
    return Source(parts["train"], parts.get("test"), parts.get("validation"), held.class_names)


def _sensor(paths: Sequence[Path]) -> tuple[int, int]:
    """Returns the sensor of the first recording whose file says it; all others must agree when they are read."""
    for path in paths[:_ASKED]:
        try:
            sensor = read_sensor(path)
        except DamagedFileError:
            continue
        if sensor is not None:
            return sensor
    raise InvalidInputError(
        f"{paths[0]}: does not say how large the camera's sensor is; give its width and height (sensor: [346, 260])"
    )
