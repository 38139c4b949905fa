"""Freed memory stays with the process, and comes back to the next tensors without being cleared again."""

from __future__ import annotations

import subprocess
import sys

PAGES = """
import resource, sys
import torch
from autosnn_ray import keep_freed_memory

if sys.argv[1] == "kept":
    assert keep_freed_memory()
for _ in range(20):  # the C library leaves gaps at first
    torch.ones(2**24)  # 64 MB
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    torch.ones(2**24)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", PAGES, how], capture_output=True, text=True, check=True, timeout=120)
    return int(done.stdout)


def test_large_tensors_use_the_same_memory_again():
    assert page_faults("given back") > 5 * 2**14 * 0.9  # pages of 4 KB
    assert page_faults("kept") < 2**12
