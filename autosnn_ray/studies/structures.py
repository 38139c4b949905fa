"""The paper's macro structures, SNN_1 to SNN_4, derived from one space, and architectures carried between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.space import Architecture, SearchSpace
from autosnn_ray.space.layers import SLOT, Layer

MAX_POOL, AVG_POOL = "max_pool", "avg_pool"


def _strided(space: SearchSpace) -> SearchSpace:
    """Puts a slot of stride 2 in each pool's place, with the channels of the slot after it, or twice those before."""
    layers: list[Layer] = []
    for position, layer in enumerate(space.layers):
        if layer.kind == MAX_POOL:
            after = next((one.channels for one in space.layers[position:] if one.is_slot), 2 * layer.channels)
            layer = Layer(SLOT, after, 2, space.slots[0].choices)
        layers.append(layer)
    return replace(space, layers=tuple(layers))


def _averaging(space: SearchSpace) -> SearchSpace:
    pools = [replace(layer, kind=AVG_POOL) if layer.kind == MAX_POOL else layer for layer in space.layers]
    return replace(space, layers=tuple(pools))


STRUCTURES: dict[str, tuple[str, Callable[[SearchSpace], SearchSpace]]] = {
    "SNN_1": ("max pools, flattened features", lambda space: space),
    "SNN_2": ("global average pooling", lambda space: replace(space, head="global_average")),
    "SNN_3": ("strided blocks in place of pools", _strided),
    "SNN_4": ("average pools", _averaging),
}
"""The paper's macro structures: what each does, and what makes it of the first."""


def structures(space: SearchSpace, choices: Sequence[str]) -> dict[str, SearchSpace]:
    """Derives the macro structures from the first.

    A pool at the end that would leave one pixel is left out: a global average of one pixel is no average.

    Args:
        space: SNN_1, fitted to the data's frames.
        choices: What may stand in every slot of each.

    Raises:
        InvalidInputError: It has no slot, no max pool or another head, or a choice is no block.

    Example:
        >>> import search_spaces
        >>> derived = structures(search_spaces.load("autosnn_16"), ["skip", "scb_k3"])
        >>> [len(one.slots) for one in derived.values()], derived["SNN_3"].slots[-1].channels
        ([5, 5, 8, 5], 128)
    """
    if not space.slots or space.head != "flatten" or MAX_POOL not in {layer.kind for layer in space.layers}:
        raise InvalidInputError(
            f"network.space: expected slots, max pools and head 'flatten', from which the other structures are "
            f"derived; got {space.name!r}"
        )
    entries = space.to_dict()
    layers = [{key: value for key, value in layer.items() if key != "choices"} for layer in entries["layers"]]
    first = SearchSpace.from_dict({**entries, "choices": list(choices), "layers": layers}, source="designs")
    while first.layers[-1].always_pools and min(first.feature_size) < 2:
        first = replace(first, layers=first.layers[:-1])
    return {name: replace(make(first), name=name.lower()) for name, (_, make) in STRUCTURES.items()}


def carried(architecture: Sequence[str], first: SearchSpace, space: SearchSpace) -> Architecture:
    """Carries an architecture of SNN_1 to another structure: the same blocks at the same places.

    A slot in place of a pool gets the block of the slot before it.

    Args:
        architecture: One choice for each slot of ``first``.
        first: SNN_1.
        space: What was derived from it.

    Example:
        >>> import search_spaces
        >>> derived = structures(search_spaces.load("autosnn_16"), ["skip", "scb_k3", "srb_k3"])
        >>> blocks = ("scb_k3", "skip", "srb_k3", "skip", "scb_k3")
        >>> "/".join(carried(blocks, derived["SNN_1"], derived["SNN_3"]))
        'scb_k3/scb_k3/skip/srb_k3/srb_k3/skip/scb_k3/scb_k3'
    """
    blocks, given = list(architecture), []
    block = blocks[0]
    for own, other in zip(first.layers, space.layers, strict=True):
        block = blocks.pop(0) if own.is_slot else block
        given += [block] if other.is_slot else []
    return tuple(given)
