"""Compiled loops on several threads, each with a range of samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

_WORTH_THREADS = 2**21
"""Elements below which a second thread costs more than it saves: on a busy machine each waits for the other."""


@contextmanager
def limited_threads(count: int | None) -> Iterator[None]:
    """Gives PyTorch, and compiled loops, so many threads for the while of the block; as many as it has where None."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def in_threads(loop: Callable[..., None], samples: int, elements: int, *arguments: Any) -> None:
    """Runs a loop on PyTorch's number of threads; loops release Python's lock.

    Args:
        loop: Called with the first sample, the sample after the last, and the arguments.
        samples: How many samples there are.
        elements: How much work there is in all; little is done on one thread.
        arguments: The loop's further arguments.
    """
    parts = min(torch.get_num_threads(), samples) if elements >= _WORTH_THREADS else 1
    if parts <= 1:
        loop(0, samples, *arguments)
        return
    bounds = np.linspace(0, samples, parts + 1).astype(int).tolist()
    with ThreadPoolExecutor(parts - 1) as pool:
        rest = [pool.submit(loop, *bounds[i : i + 2], *arguments) for i in range(1, parts)]
        loop(*bounds[:2], *arguments)
        for one in rest:
            one.result()
