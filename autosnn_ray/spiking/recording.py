"""Whether PyTorch records what runs: there must be operations of its own then, not compiled loops."""

from __future__ import annotations

import torch
from torch.utils._python_dispatch import is_in_torch_dispatch_mode


def is_recorded() -> bool:
    """Whether a program is made of what runs (``torch.export``, ``torch.compile``, ``torch.jit.trace``, ONNX)."""
    return torch.compiler.is_compiling() or bool(torch.jit.is_tracing())  # type: ignore[attr-defined]


def is_watched() -> bool:
    """Whether what runs is recorded, or seen by a dispatch mode such as ``FlopCounterMode``."""
    return is_recorded() or bool(is_in_torch_dispatch_mode())
