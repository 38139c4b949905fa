"""What is used of Norse, imported without what Norse imports for its plots, its TensorBoard hooks and its NIR files.

Pyplot, TensorBoard and h5py are most of a second of a core in every process that evaluates. These parts of Norse are
there all the same: each is imported when one of its functions is called.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

_LATER = tuple(
    f"norse.torch.utils.{name}" for name in ("plot.plot", "tensorboard.tensorboard", "import_nir", "export_nir")
)


class _Later(ModuleType):
    """Stands in for a module of functions while Norse is imported, and no longer."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*arguments: Any, **settings: Any) -> Any:
            return getattr(importlib.import_module(self.__name__), name)(*arguments, **settings)

        call.__name__, call.__qualname__, call.__module__ = name, name, self.__name__
        return call


def _import_norse() -> None:
    if "norse.torch" in sys.modules:
        return
    stand_ins = {name: _Later(name) for name in _LATER if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        importlib.import_module("norse.torch")
    finally:
        for name in stand_ins:
            del sys.modules[name]


_import_norse()

from norse.torch.functional.lif_box import (  # noqa: E402
    LIFBoxFeedForwardState,
    LIFBoxParameters,
    lif_box_feed_forward_step,
)
from norse.torch.functional.reset import reset_value  # noqa: E402
from norse.torch.functional.threshold import threshold  # noqa: E402
from norse.torch.module.snn import SNN, SNNRecurrent, SNNRecurrentCell  # noqa: E402

__all__ = [
    "SNN",
    "LIFBoxFeedForwardState",
    "LIFBoxParameters",
    "SNNRecurrent",
    "SNNRecurrentCell",
    "lif_box_feed_forward_step",
    "reset_value",
    "threshold",
]
