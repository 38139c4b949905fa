"""What a process does with memory that it no longer uses."""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST_BLOCK = 2**30
_NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Lets this process keep memory that it has freed, for its next tensors, until it ends.

    glibc gives every tensor above 32 MB back to the system at once, which must clear its pages again for the next: a
    seventh of a training step's time at batch 96, for which the peak is a seventh higher (``docs/performance.md``).
    The program and its actors call this; call it yourself where you train networks in a process of your own.

    Returns:
        Whether it is so from now on; False where the C library is not glibc, which changes nothing.

    Example:
        >>> kept = keep_freed_memory()
    """
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    # The second also ends glibc's own changing of the first.
    return bool(library.mallopt(_M_MMAP_THRESHOLD, _LARGEST_BLOCK) and library.mallopt(_M_TRIM_THRESHOLD, _NEVER))
