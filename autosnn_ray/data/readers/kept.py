"""Frames kept on the disk, so that recordings are cut once; read and written few at a time, and never trusted."""

from __future__ import annotations

import io
import os
import tempfile
import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import numpy as np

from autosnn_ray.data.readers.frames import Frames
from autosnn_ray.errors import DamagedCacheWarning, InvalidInputError
from autosnn_ray.files import user_cache, write_atomically

_AT_A_TIME = 1 << 20
_MEMBER = "frames.npy"


def cache_folder() -> Path:
    """Returns where frames are kept, one of the user's caches."""
    return user_cache("frames")


def copy_kept(folder: Path, key: str, shape: tuple[int, ...], out: IO[bytes]) -> bool:
    """Writes kept frames to a file, where it stands.

    Returns:
        Whether they were there and whole; else the file stands where it stood.

    Warns:
        DamagedCacheWarning: The kept file is cut off or changed.
    """
    path, start = _path(folder, key), out.tell()
    if not path.exists():
        return False
    try:
        with zipfile.ZipFile(path) as archive, archive.open(_MEMBER) as member:
            _check_header(member, shape)
            left = int(np.prod(shape))
            while block := member.read(_AT_A_TIME):
                left -= len(block)
                if left < 0:
                    break
                out.write(block)
        if left == 0:
            return True
        problem = f"{abs(left)} bytes too {'few' if left > 0 else 'many'}"
    except Exception as error:  # noqa: BLE001 - whatever damage makes the decoder raise: the frames are cut anew
        problem = f"{type(error).__name__}: {error}"
    out.seek(start)
    warnings.warn(f"{path}: kept frames are damaged and cut anew ({problem})", DamagedCacheWarning, stacklevel=2)
    return False


def keep(folder: Path, key: str, shape: tuple[int, ...], blocks: Iterable[Frames], out: IO[bytes]) -> None:
    """Writes frames to a file, where it stands, and keeps them: compressed, with a checksum.

    Args:
        folder: Where frames are kept.
        key: Their name there.
        shape: Shape of all of them.
        blocks: The frames, some after the other.
        out: Where they go besides.

    Raises:
        InvalidInputError: The folder cannot be written to.
    """
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(_MEMBER, "w", force_zip64=True) as member,
    ):
        np.lib.format.write_array_header_1_0(member, {"descr": "|u1", "fortran_order": False, "shape": shape})
        for block in blocks:
            out.write(block.data)
            member.write(block.data)
    try:
        # Not forced to the disk one by one: what a loss of power tears is cut anew.
        write_atomically(_path(folder, key), content.getvalue(), durable=False)
    except OSError as error:
        raise InvalidInputError(
            f"{folder}: frames of event data are kept here, and it cannot be written to ({error.strerror or error}); "
            "set XDG_CACHE_HOME to a folder with room"
        ) from error


def room_for(folder: Path, size: int) -> IO[bytes]:
    """Opens a file without a name that so many bytes fit into: it takes no memory, and leaves nothing.

    Raises:
        InvalidInputError: No room on the disk, or no right to write there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - whoever maps it closes it
        # Reserved now: a full disk is an error here, and would be a dead process later.
        os.posix_fallocate(file.fileno(), 0, size)
    except OSError as error:
        raise InvalidInputError(
            f"{folder}: frames of event data need {size / 1e9:.1f} GB here: {error.strerror or error}; "
            "set XDG_CACHE_HOME to a folder with room, or take fewer samples or frames"
        ) from error
    return file


def _check_header(member: IO[bytes], shape: tuple[int, ...]) -> None:
    if np.lib.format.read_magic(member) != (1, 0):
        raise ValueError("another version of NumPy's format")
    found, fortran_order, kind = np.lib.format.read_array_header_1_0(member)
    if found != shape or fortran_order or kind != np.uint8:
        raise ValueError(f"expected bytes of shape {shape}, got {kind} {found}")


def _path(folder: Path, key: str) -> Path:
    return folder / key[:2] / f"{key}.npz"
