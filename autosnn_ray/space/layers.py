"""The fixed macro structure: stems, heads, and the layers between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autosnn_ray.space.blocks import BLOCKS, POOLS

STEMS: dict[str, str] = {
    "static": "one 3x3 convolution with batch norm and neuron; the same frame at every time step",
    "event": "two 3x3 convolutions, each with neuron and 2x2 max pooling; one frame a time step",
    "tiny_imagenet": "3x3 convolution, neuron, 2x2 max pooling, 3x3 convolution, neuron; static frames",
}
"""What stands before the first slot."""

STEM_REDUCTION: dict[str, int] = {"static": 1, "event": 4, "tiny_imagenet": 2}
"""By how much each stem divides height and width."""

HEADS: dict[str, str] = {
    "flatten": "all pixels to a linear classifier",
    "global_average": "global average pooling with a neuron, then a linear classifier",
}
"""How features reach the classifier; both end in a neuron and a vote."""

SLOT = "slot"
"""The kind of a layer that a search is to decide."""


@dataclass(frozen=True)
class Layer:
    """One layer of the macro structure: a slot to be decided, or a fixed block.

    Attributes:
        kind: ``"slot"``, or the name of the block that always stands there.
        channels: Channels that leave the layer; a pool passes on what it gets.
        stride: By how much the layer divides height and width.
        choices: The blocks that may stand in the slot; empty for a fixed block.
    """

    kind: str
    channels: int
    stride: int
    choices: tuple[str, ...] = ()

    @property
    def is_slot(self) -> bool:
        """Whether a search decides what stands here."""
        return self.kind == SLOT

    @property
    def always_pools(self) -> bool:
        """Whether whatever stands here is a pool, which rounds an odd side down."""
        return all(block in POOLS for block in self.blocks)

    @property
    def sometimes_pools(self) -> bool:
        """Whether pools and other blocks share the slot."""
        return not self.always_pools and any(block in POOLS for block in self.blocks)

    @property
    def blocks(self) -> tuple[str, ...]:
        """Every block that can stand here: the choices of a slot, or the one fixed block."""
        return self.choices if self.is_slot else (self.kind,)

    def to_dict(self, default_choices: tuple[str, ...]) -> dict[str, Any]:
        """Returns the layer as it is written in a space file."""
        if self.kind in POOLS:
            return {"kind": self.kind}
        entry: dict[str, Any] = {"kind": self.kind, "channels": self.channels, "stride": self.stride}
        if self.is_slot and self.choices != default_choices:
            entry["choices"] = list(self.choices)
        return entry


def layer_kinds() -> tuple[str, ...]:
    """Returns the names that ``kind`` may have in a space file."""
    return (SLOT, *BLOCKS)
