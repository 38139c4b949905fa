"""Whether a training lasts long enough, and leaves memory enough, for further processes to be started."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Literal

_SECONDS = 30.0
"""What must be left of a training. A start takes a core four seconds, seven on a busy machine (imports of PyTorch and
Norse), while the first process goes on; two processes then save two fifths of what is left."""

_WATCHED, _FIRST = 6, 2
"""Steps that are timed, after the first ones, which load compiled loops."""

_MEMORY_SHARE = 0.5
"""Share of the free memory that further processes may take; each is taken to need what this one has needed so far."""


class Worth:
    """Watches the steps of a training that has begun in one process."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._steps: list[float] = []

    def of(self, steps_left: int, further: int) -> Literal[True] | str | None:
        """Is asked before every step whether further processes are worth their start.

        Args:
            steps_left: Steps that are still to be made.
            further: How many processes it would be.

        Returns:
            True, or why not; None as long as that cannot be said.
        """
        now = time.perf_counter()
        if self._last is not None:
            self._steps.append(now - self._last)
        self._last = now
        taken = self._steps[_FIRST:]
        if len(taken) < _WATCHED:
            return None
        left = statistics.median(taken) * steps_left
        if left < _SECONDS:
            return f"it takes {left:.0f} s more, too short for another to be started"
        needed, free = _peak_bytes() * further, _free_bytes()
        if needed > _MEMORY_SHARE * free:
            return f"{further} more may take {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free"
        return True


def _peak_bytes() -> float:
    if sys.platform == "win32":
        return 0.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak) if sys.platform == "darwin" else float(peak) * 1024


def _free_bytes() -> float:
    """Returns what the system says is free; without bound where it is not asked."""
    known = Path("/proc/meminfo")
    lines = known.read_text(encoding="ascii").splitlines() if known.exists() else []
    return next((float(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), float("inf"))
