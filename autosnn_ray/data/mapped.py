"""Tensors that travel between processes as arrays, which shared memory can hold without a copy."""

from __future__ import annotations

import warnings
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor


def as_tensor(array: npt.NDArray[Any]) -> Tensor:
    """Returns a tensor over an array's own memory, be it writable or not; nothing is copied.

    PyTorch cannot keep memory read-only, and warns of it: whoever shares weights holds them against a checksum.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)
