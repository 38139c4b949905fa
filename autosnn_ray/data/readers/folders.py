"""Data sets of one's own in a folder with a folder for each class, and splits above them where there are."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import numpy.typing as npt

from autosnn_ray.data.readers.files import archives, as_people_count, found, is_hidden, reading, unknown_beside
from autosnn_ray.errors import InvalidInputError

GROUPS_FILE = "groups.csv"

_PARTS: dict[str, tuple[str, ...]] = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val"),
    "test": ("test", "testing"),
}
"""What the folder of each split may be called, whatever the case of its letters."""


@dataclass(frozen=True)
class ClassFiles:
    """The files of one split.

    Attributes:
        paths: One a sample, by class and name.
        y: The class of each.
        groups: Whom or what each is of; None where no table says it.
    """

    paths: list[Path]
    y: list[int]
    groups: npt.NDArray[np.str_] | None = None


@dataclass(frozen=True)
class ClassFolders:
    """What stands in a folder of one's own.

    Attributes:
        class_names: Names of the classes, as people count.
        parts: Files of ``train``, and of ``validation`` and ``test`` where they have folders of their own.
    """

    class_names: tuple[str, ...]
    parts: Mapping[str, ClassFiles]


def split_folders(folder: Path, as_before: bool = False) -> dict[str, Path]:
    """Finds the folders of the splits; all of it is training where there is none of that name.

    Args:
        folder: The data set's folder.
        as_before: As earlier versions did: ``test``, or else ``val``, was the test set, no other name was seen.

    Raises:
        InvalidInputError: Two folders for one split.
    """
    if as_before:
        held_out = next((folder / name for name in ("test", "val") if (folder / name).is_dir()), None)
        if not (folder / "train").is_dir():
            return {"train": folder}
        return {"train": folder / "train", **({} if held_out is None else {"test": held_out})}
    inner = [path for path in found(folder, "*") if path.is_dir()]
    parts = {}
    for part, names in _PARTS.items():
        fitting = [path for path in inner if path.name.lower() in names]
        if len(fitting) > 1:
            given = ", ".join(path.name for path in fitting)
            raise InvalidInputError(f"{folder}: expected one folder for {part}, got {given}")
        if fitting:
            parts[part] = fitting[0]
    return parts if "train" in parts else {"train": folder}


def holds(folder: Path, suffixes: Sequence[str], as_before: bool = False) -> bool:
    """Whether a class folder of the training split holds a file with one of some suffixes."""
    train = split_folders(folder, as_before)["train"]
    return any(
        path.suffix.lower() in suffixes
        for inner in train.iterdir()
        if inner.is_dir() and not is_hidden(inner)
        for path in inner.iterdir()
        if not is_hidden(path)
    )


def read_class_folders(folder: Path, what: str, suffixes: Sequence[str], as_before: bool = False) -> ClassFolders:
    """Lists the files of each split and class.

    Args:
        folder: ``CLASS/FILE``, or ``train/CLASS/FILE`` and ``validation`` and ``test`` beside it.
        what: What the files are, such as ``images``.
        suffixes: What their names end in.
        as_before: As ``split_folders``, and classes in the order of their letters.

    Raises:
        InvalidInputError: Fewer than two classes, a class of which there is nothing, or which holds folders, or one
            that training lacks; a folder beside the splits that is none; a table of groups that is called otherwise.
    """
    places = split_folders(folder, as_before)
    names = class_folders(places["train"], what)
    names = sorted(names) if as_before else names
    groups = {}
    if not as_before:
        groups = _groups(folder)
        _refuse_left_out(folder, places, names)
    parts = {}
    for part, place in places.items():
        unknown = sorted(set(class_folders(place, what)) - set(names))
        if unknown:
            raise InvalidInputError(f"{place}: holds classes that {places['train']} does not: {unknown[:5]}")
        paths = {name: [p for p in found(place / name, "*") if p.suffix.lower() in suffixes] for name in names}
        empty = [name for name in names if not paths[name]]
        if empty and (part == "train" or len(empty) == len(names)):
            raise InvalidInputError(_nothing(place / empty[0], what, suffixes))
        files = [path for name in names for path in paths[name]]
        y = [position for position, name in enumerate(names) for _ in paths[name]]
        parts[part] = ClassFiles(files, y, _groups_of(folder, files, groups))
    return ClassFolders(tuple(names), parts)


def class_folders(folder: Path, what: str) -> list[str]:
    """Lists the names of class folders, as people count.

    Raises:
        InvalidInputError: Fewer than two.
    """
    names = sorted((path.name for path in found(folder, "*") if path.is_dir()), key=as_people_count)
    if len(names) < 2:
        packed = archives([folder])
        unpack = f"; not unpacked yet: {', '.join(packed[:5])}" if packed else ""
        raise InvalidInputError(
            f"{folder}: expected a folder with one folder of {what} for each class, got {names}{unpack}"
        )
    return names


def _nothing(place: Path, what: str, suffixes: Sequence[str]) -> str:
    held = sorted({path.suffix or path.name for path in found(place, "*")})
    packed = archives([place])
    unpack = f"; not unpacked yet: {', '.join(packed[:5])}" if packed else ""
    holds = f", which holds {', '.join(held[:5])}" if held else ""
    wanted = f"{what} ({', '.join(suffixes)})"
    return f"{place}: expected {wanted} in this folder of a class{holds}; remove it or fill it{unpack}"


def _refuse_left_out(folder: Path, places: Mapping[str, Path], classes: Iterable[str]) -> None:
    """Refuses what looks like a part of the data and would not be read."""
    known = [name for names in _PARTS.values() for name in names]
    for path in found(folder, "*") if folder not in places.values() else ():
        if path.is_dir() and path not in places.values():
            raise InvalidInputError(f"{folder}: {unknown_beside('folder', path.name, known)}")
    for path in [path for place in places.values() for name in classes for path in found(place / name, "*")]:
        if path.is_dir():
            raise InvalidInputError(
                f"{path}: expected files alone in the folder of a class; what this folder holds would be left out: "
                "move it up, or out"
            )
    for place in {folder, *places.values()}:
        for path in found(place, "*"):
            is_close = get_close_matches(path.name.lower(), [GROUPS_FILE], cutoff=0.7)
            if path.is_file() and is_close and path != folder / GROUPS_FILE:
                raise InvalidInputError(f"{path}: would be left out; a table of groups is {folder / GROUPS_FILE}")


def _groups(folder: Path) -> dict[str, str]:
    """Reads the table of groups: which file is of whom or what."""
    path = folder / GROUPS_FILE
    if not path.exists():
        return {}
    with reading(path, "a table of file and group"), path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not {"file", "group"} <= set(rows.fieldnames or ()):
            raise InvalidInputError(f"expected a table with columns file and group, got {rows.fieldnames}")
        groups: dict[str, str] = {}
        for row in rows:
            name, group = Path(row["file"]).as_posix(), row["group"]
            if groups.setdefault(name, group) != group:
                raise InvalidInputError(f"expected one group a file, got {groups[name]!r} and {group!r} for {name!r}")
        absent = next((name for name in groups if not (folder / name).is_file()), None)
        if absent is not None:
            raise InvalidInputError(f"names the file {absent!r}, which is not there; names are relative to {folder}")
    return groups


def _groups_of(folder: Path, files: Sequence[Path], groups: Mapping[str, str]) -> npt.NDArray[np.str_] | None:
    if not groups:
        return None
    names = [path.relative_to(folder).as_posix() for path in files]
    missing = [name for name in names if not groups.get(name)]
    if missing:
        raise InvalidInputError(
            f"{folder / GROUPS_FILE}: expected a group of every file, got none of {missing[0]}"
            f" ({len(missing)} of {len(names)})"
        )
    return np.array([groups[name] for name in names])
