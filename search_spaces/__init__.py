"""The search spaces as data: one TOML file each, and ``load`` for them and for your own."""

from __future__ import annotations

from pathlib import Path

from autosnn_ray.errors import unknown_name
from autosnn_ray.space import STEMS, SearchSpace
from autosnn_ray.toml_files import read_toml

__all__ = ["hand_made", "load", "names"]

_FOLDER = Path(__file__).parent
_HAND_MADE = _FOLDER / "hand_made"
_FRAMES = {
    "static": {"in_channels": 3, "input_size": [32, 32]},
    "event": {"in_channels": 2, "input_size": [128, 128]},
    "tiny_imagenet": {"in_channels": 3, "input_size": [64, 64]},
}


def names() -> tuple[str, ...]:
    """Returns the names of the spaces that come with the toolkit.

    Example:
        >>> "autosnn_16" in names()
        True
    """
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def hand_made() -> tuple[str, ...]:
    """Returns the names of the hand-made networks that found ones are compared with: spaces without a slot.

    Example:
        >>> "resnet19_zheng" in hand_made()
        True
    """
    return tuple(sorted(path.stem for path in _HAND_MADE.glob("*.toml")))


def load(name_or_path: str | Path, *, stem: str | None = None) -> SearchSpace:
    """Loads a space by name, or from a TOML file of your own.

    Args:
        name_or_path: One of ``names()`` or ``hand_made()``, or the path of a file that ends in ``.toml``.
        stem: Key of ``STEMS``, to stand in place of the space's own, with frames of the channels and the size that it
            is made for; the name gets it as an ending.

    Returns:
        The search space.

    Raises:
        InvalidInputError: No such space or file, not TOML, or an entry that is missing, unknown or not
            what was expected; the text names file, key, what was expected and what stood there.

    Example:
        >>> load("snn_3").slots[-1].channels
        128
        >>> load("autosnn_16", stem="event").input_size
        (128, 128)
    """
    text = str(name_or_path)
    is_file = isinstance(name_or_path, Path) or text.endswith(".toml") or "/" in text
    known = (*names(), *hand_made())
    if not is_file and text not in known:
        raise unknown_name("space", text, known, "Or give the path of a TOML file.")
    path = Path(text) if is_file else (_FOLDER if text in names() else _HAND_MADE) / f"{text}.toml"
    entries = read_toml(path, "a space file")
    if stem is not None and entries.get("stem") != stem:
        if stem not in STEMS:
            raise unknown_name("stem", stem, STEMS)
        entries |= {"name": f"{entries.get('name', path.stem)}_{stem}", "stem": stem, **_FRAMES[stem]}
    return SearchSpace.from_dict(entries, source=str(path))
