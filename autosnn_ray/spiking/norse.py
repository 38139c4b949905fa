"""What is used of Norse, imported without pyplot, which Norse imports for plots of its own.

That is half a second of a core in every process that evaluates. Norse's plots are there all the same, and import pyplot
when one is called.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

_PLOTS = "norse.torch.utils.plot.plot"


class _PlotsLater(ModuleType):
    """Stands in for Norse's plots while Norse is imported, and no longer."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def plot(*arguments: Any, **settings: Any) -> Any:
            return getattr(importlib.import_module(_PLOTS), name)(*arguments, **settings)

        plot.__name__, plot.__qualname__, plot.__module__ = name, name, _PLOTS
        return plot


def _import_norse() -> None:
    if "norse.torch" in sys.modules or _PLOTS in sys.modules:
        return
    sys.modules[_PLOTS] = _PlotsLater(_PLOTS)
    try:
        importlib.import_module("norse.torch")
    finally:
        del sys.modules[_PLOTS]


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
