"""Files as they lie in people's folders: which are left out, in what order, and one error for what cannot be read."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from autosnn_ray.errors import InvalidInputError, unknown_name

_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")


class DamagedFileError(InvalidInputError):
    """One file of a data set cannot be read, or does not hold what it should; the others may well."""


@contextmanager
def reading(path: Path, expected: str) -> Iterator[None]:
    """Turns whatever is raised within into one error that names the file.

    Args:
        path: The file that is read.
        expected: What it should be, such as ``an image that can be read``.

    Raises:
        DamagedFileError: Anything was raised, at all: what damage makes a decoder's code raise is not foreseen.
        InvalidInputError: A package that reads the format is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise InvalidInputError(f"{error.name} is not installed: pip install 'autosnn-ray[events]'") from error
    except InvalidInputError as error:
        text = str(error)
        raise DamagedFileError(text if text.startswith(str(path)) else f"{path}: {text}") from error
    except Exception as error:
        why = " ".join(f"{type(error).__name__}: {error}".split())
        raise DamagedFileError(f"{path}: expected {expected}: {why}; copy it again") from error
    except BaseException as error:
        # A decoder written in Rust panics with an exception that is none of Python's own kinds.
        if type(error).__name__ != "PanicException":
            raise
        raise DamagedFileError(f"{path}: expected {expected}: {error}; copy it again") from error


def is_hidden(path: Path) -> bool:
    """Whether a file or folder is one that systems and programs leave behind: ``._name``, ``.DS_Store``, ``__MACOSX``.

    Example:
        >>> is_hidden(Path("cat/._1.png")), is_hidden(Path("cat/1.png"))
        (True, False)
    """
    return path.name.startswith((".", "__"))


def found(folder: Path, pattern: str) -> list[Path]:
    """Lists the files and folders that fit a pattern, sorted, without hidden ones."""
    return sorted(path for path in folder.glob(pattern) if not is_hidden(path))


def as_people_count(name: str) -> list[tuple[int, int, str]]:
    """Gives a key that sorts names as people count.

    Example:
        >>> sorted(["10", "2", "b", "a 10", "a 9"], key=as_people_count)
        ['2', '10', 'a 9', 'a 10', 'b']
    """
    pieces = [piece for piece in re.split(r"(\d+)", name) if piece]
    return [(0, int(piece), piece) if piece.isdecimal() else (1, 0, piece) for piece in pieces]


def archives(folders: Iterable[Path]) -> list[str]:
    """Lists archives that lie in folders, which may hold what is looked for and are not unpacked."""
    return [
        str(path)
        for folder in folders
        if folder.is_dir()
        for path in found(folder, "*")
        if path.is_file() and path.suffix.lower() in _ARCHIVES
    ]


def read_array(file: IO[bytes]) -> npt.NDArray[Any]:
    """Reads one array in NumPy's format, to the end of the file; nothing is unpickled.

    Raises:
        ValueError: No array, one of Python objects, or one that ends before the file does.
    """
    array: npt.NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    # The last byte asked for is also what makes an archive hold its contents against their checksum.
    if file.read(1):
        raise ValueError(f"expected the file to end with the array {array.shape}, and it goes on")
    return array


def unknown_beside(what: str, given: str, known: Sequence[str]) -> InvalidInputError:
    """Builds the error for what would be left out without a word, with the name that was perhaps meant.

    Example:
        >>> str(unknown_beside("array", "x_valid", ["x", "y", "x_val"]))
        "unknown array 'x_valid'; expected one of: x, y, x_val. It would be left out: call it x_val, or remove it"
    """
    close = get_close_matches(given.lower(), known, 1)
    return unknown_name(
        what, given, known, f"It would be left out: {f'call it {close[0]}, or ' if close else ''}remove it"
    )


def read_arrays(
    path: Path, names: Sequence[str] | None = None, *, others_are_refused: bool = False
) -> dict[str, npt.NDArray[Any]]:
    """Reads arrays of a ``.npz`` file, held against their checksums; nothing is unpickled.

    Args:
        path: The file.
        names: Which arrays, where they are there; all where None.
        others_are_refused: Whether there may be none but these.

    Raises:
        DamagedFileError: It cannot be read, is no such file, or holds other arrays.
    """
    with reading(path, "a .npz file of plain arrays that can be read"):
        with path.open("rb") as file:
            if file.read(6) == b"\x93NUMPY":
                raise InvalidInputError(
                    "expected a .npz file of several named arrays, got one array (.npy): write it with np.savez"
                )
        with zipfile.ZipFile(path) as archive:
            held = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
            if names is not None and others_are_refused and (unknown := [one for one in held if one not in names]):
                raise unknown_beside("array", unknown[0], names)
            arrays = {}
            for name in held if names is None else [name for name in names if name in held]:
                with archive.open(f"{name}.npy") as member:
                    arrays[name] = read_array(member)
            return arrays
