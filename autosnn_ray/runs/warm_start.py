"""What a search begins with: architectures that are given, or the best of another run, of another problem too."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.space import SearchSpace, format_architecture

if TYPE_CHECKING:
    import pandas as pd

BEST = 10
"""So many of another run's best are carried over, unless said otherwise."""


def architectures_of(given: Any, space: SearchSpace, best: int = BEST) -> tuple[str, ...]:
    """Returns the architectures that something names, each once, in its order.

    Args:
        given: A list of architectures; a ``Run`` or its folder, of which the best are taken, those that it has trained
            first; or a frame, such as a part of a run's, all of it; or None. A run may be of other data, and of a space
            of other widths: what counts is that its slots have the same choices.
        space: The space that they must be of.
        best: How many of a run's best.

    Raises:
        InvalidInputError: None, or one that is not of the space.
        JournalError: The folder holds no run.

    Example:
        >>> import search_spaces
        >>> architectures_of(["skip/skip/skip/skip/skip"], search_spaces.load("digits_16"))
        ('skip/skip/skip/skip/skip',)
    """
    if given is None:
        return ()
    names = _names(given, best)
    if not names:
        raise InvalidInputError(f"begin_with: expected at least one architecture, got none of {given!r}")
    return tuple(dict.fromkeys(format_architecture(space.parse(name)) for name in names))


def _names(given: Any, best: int) -> list[Any]:
    if hasattr(given, "path") or isinstance(given, str | Path):
        from autosnn_ray.own_packages import analysis

        return list(analysis.best_known(Path(getattr(given, "path", given)), best))
    if hasattr(given, "columns"):
        return _column(given)
    if not isinstance(given, Iterable):
        raise InvalidInputError(f"begin_with: expected architectures, a run or a frame, got {given!r}")
    return list(given)


def _column(frame: pd.DataFrame) -> list[Any]:
    if "architecture" not in frame:
        raise InvalidInputError(f"begin_with: expected a frame with architectures, got columns {list(frame)}")
    return list(frame["architecture"])
