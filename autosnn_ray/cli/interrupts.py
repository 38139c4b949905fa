"""What is said when a job of several parts is stopped: how the whole of it goes on, and not only the part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from autosnn_ray.errors import SearchInterruptedError


@contextmanager
def goes_on(what: str, again: str) -> Iterator[None]:
    """Says, where the block is stopped, how to go on with all of it.

    Args:
        what: What was stopped, with its verb.
        again: What goes on with it.

    Raises:
        SearchInterruptedError: The block was stopped.
    """
    try:
        yield
    except SearchInterruptedError as error:
        raise SearchInterruptedError(f"{what} stopped; nothing is lost: {again}") from error
