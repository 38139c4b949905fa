"""Where Ray's own messages go: into a file of the run's folder, not over the terminal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RAY_LOG = "ray.log"
"""Name of the file in a run's folder; the first run's, where several share their processes."""


@contextmanager
def messages_in(folder: Path | None) -> Iterator[None]:
    """Lets Ray write its messages into a file for the while of the block: each lost process is a page of them.

    What is to be done about a loss, the search says in a line of its own.

    Args:
        folder: The run's folder; None leaves the messages where they are.
    """
    if folder is None:
        yield
        return
    logger = logging.getLogger("ray")
    before = list(logger.handlers)
    handler = logging.FileHandler(folder / RAY_LOG, delay=True, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger.handlers = [handler]
    try:
        yield
    finally:
        logger.handlers = before
        handler.close()
