"""The blocks that may stand in a slot, described as data; ``autosnn_ray.spiking.blocks`` builds them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from autosnn_ray.plugins import every, find


@dataclass(frozen=True)
class Block:
    """What a block is, without any weights.

    Attributes:
        family: The kind of module that is built: ``skip``, ``conv`` (one spiking convolution), ``scb`` (spiking
            convolution block, of two), ``srb`` (spiking residual block), ``sib`` (spiking inverted bottleneck),
            ``max_pool``, ``avg_pool``.
        kernel: Side of the square kernel, pixels; 0 where there is none to choose.
        expansion: Width of an inverted bottleneck's middle, as a multiple of the input channels.
        official: The block's name in the original implementation (nabk89/AutoSNN); empty where it has none.
        summary: One line for people.
        width: Channels inside a block of several convolutions, between what comes in and what goes out; 0 for as many
            as its kind has: those that go out, or ``expansion`` times those that come in.
        colour: What its family is drawn in, as ``#RRGGBB``; one that is free where empty.
    """

    family: str
    official: str
    summary: str
    kernel: int = 0
    expansion: int = 0
    width: int = 0
    colour: str = ""


BLOCKS: dict[str, Block] = {
    "skip": Block("skip", "skip_connect", "identity; a spiking 1x1 convolution where channels or size change"),
    "conv_k1": Block("conv", "", "one spiking 1x1 convolution", kernel=1),
    "conv_k3": Block("conv", "", "one spiking 3x3 convolution", kernel=3),
    "conv_k5": Block("conv", "", "one spiking 5x5 convolution", kernel=5),
    "scb_k3": Block("scb", "SCB_k3", "two spiking 3x3 convolutions", kernel=3),
    "scb_k5": Block("scb", "SCB_k5", "two spiking 5x5 convolutions", kernel=5),
    "scb_k7": Block("scb", "SCB_k7", "two spiking 7x7 convolutions", kernel=7),
    "srb_k3": Block("srb", "SRB_k3", "two spiking 3x3 convolutions with a shortcut", kernel=3),
    "srb_k5": Block("srb", "SRB_k5", "two spiking 5x5 convolutions with a shortcut", kernel=5),
    "srb_k7": Block("srb", "SRB_k7", "two spiking 7x7 convolutions with a shortcut", kernel=7),
    "sib_k3_e1": Block("sib", "SIB_k3_e1", "inverted bottleneck, 3x3, expansion 1", kernel=3, expansion=1),
    "sib_k3_e3": Block("sib", "SIB_k3_e3", "inverted bottleneck, 3x3, expansion 3", kernel=3, expansion=3),
    "sib_k3_e6": Block("sib", "SIB_k3_e6", "inverted bottleneck, 3x3, expansion 6", kernel=3, expansion=6),
    "sib_k5_e1": Block("sib", "SIB_k5_e1", "inverted bottleneck, 5x5, expansion 1", kernel=5, expansion=1),
    "sib_k5_e3": Block("sib", "SIB_k5_e3", "inverted bottleneck, 5x5, expansion 3", kernel=5, expansion=3),
    "sib_k5_e6": Block("sib", "SIB_k5_e6", "inverted bottleneck, 5x5, expansion 6", kernel=5, expansion=6),
    "max_pool": Block("max_pool", "max_pool_k2", "2x2 maximum: a spike where any of four fired", kernel=2),
    "avg_pool": Block("avg_pool", "avg_pool_k2", "2x2 average, then a spiking neuron", kernel=2),
}
"""Every block by the name it has in an architecture. To add one here: a line, and its family in
``autosnn_ray.spiking.blocks.FAMILIES`` where the family is new; from outside ``asr.register``."""

WIDTHS: tuple[str, ...] = ("scb", "srb", "sib")
"""Families of several convolutions: their names may end in the channels inside, ``srb_k3_c8``."""

_WITH_WIDTH = re.compile(r"(\w+)_c([1-9]\d{0,5})", re.ASCII)


def find_block(name: str) -> Block:
    """Returns the block of a name, its channels inside included.

    Raises:
        InvalidInputError: No such block, or channels inside one that has none.

    Example:
        >>> find_block("srb_k5").width, find_block("srb_k5_c8").width
        (0, 8)
    """
    parts = _WITH_WIDTH.fullmatch(name)
    if name not in BLOCKS and parts is not None and has_width(parts[1]):
        return replace(BLOCKS[parts[1]], width=int(parts[2]))
    hint = f"Those of several convolutions ({', '.join(WIDTHS)}) may have channels inside: srb_k3_c8."
    return find("block", name, BLOCKS, hint)


def has_width(name: str) -> bool:
    """Says whether channels inside can be chosen for a block, and its name does not choose them.

    Example:
        >>> has_width("srb_k5"), has_width("srb_k5_c8"), has_width("skip")
        (True, False, False)
    """
    return name in BLOCKS and BLOCKS[name].family in WIDTHS


def is_block(name: object) -> bool:
    """Says whether a value is the name of a block.

    Example:
        >>> is_block("scb_k3_c16"), is_block("skip_c16"), is_block("scb_k3_c0"), is_block(3)
        (True, False, False, False)
    """
    if not isinstance(name, str):
        return False
    parts = _WITH_WIDTH.fullmatch(name)
    return name in BLOCKS or (parts is not None and has_width(parts[1])) or name in every(BLOCKS)


POOLS: tuple[str, ...] = ("max_pool", "avg_pool")
"""Blocks that keep the channels and always halve the size."""
