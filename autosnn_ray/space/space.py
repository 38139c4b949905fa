"""A search space: its slots, and the architectures that can be drawn, bred, counted and named in it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autosnn_ray.errors import InvalidInputError, unknown_name
from autosnn_ray.shown import Shown
from autosnn_ray.space.architecture import Architecture
from autosnn_ray.space.layers import STEM_REDUCTION, Layer
from autosnn_ray.space.schema import read_entries


@dataclass(frozen=True, repr=False)
class SearchSpace(Shown):
    """The macro structure with its slots, and what may stand in them.

    Attributes:
        name: The space's name.
        stem: Key of ``STEMS``.
        channels: Channels that leave the stem.
        in_channels: Channels of the input frames (``C`` of ``(T, N, C, H, W)``).
        input_size: Height and width of the input frames, pixels.
        head: Key of ``HEADS``.
        voters: Output neurons that vote for one class.
        layers: Slots and fixed blocks, from the stem to the head. Without a slot the space is one network.
        hidden: Neurons of each fully connected layer between the features and the classifier.

    Example:
        >>> import search_spaces
        >>> space = search_spaces.load("autosnn_16")
        >>> space.at(0)
        ('skip', 'skip', 'skip', 'skip', 'skip')
        >>> space.index(space.parse("srb_k5/srb_k5/skip/srb_k3/srb_k5"))
        3019
    """

    name: str
    stem: str
    channels: int
    in_channels: int
    input_size: tuple[int, int]
    head: str
    voters: int
    layers: tuple[Layer, ...]
    hidden: tuple[int, ...] = ()

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any], source: str = "space") -> SearchSpace:
        """Builds a space from the entries of a space file.

        Args:
            entries: The keys of the file, as ``tomllib`` reads them.
            source: Where they come from, for the error's text.

        Raises:
            InvalidInputError: An entry is missing, unknown or not what was expected; the text names source and key.
        """
        space = cls(**read_entries(entries, source))
        try:
            space.check_sizes()
        except InvalidInputError as error:
            raise InvalidInputError(f"{source}: key 'input_size': {error}") from error
        return space

    def _about(self) -> dict[str, object]:
        return {
            "name": self.name,
            "slots": len(self.slots),
            "architectures": f"{self.size:,}",
            "input": "x".join(map(str, (self.in_channels, *self.input_size))),
            "stem": self.stem,
            "head": self.head,
        }

    def to_dict(self) -> dict[str, Any]:
        """Returns the entries from which ``from_dict`` makes an equal space."""
        common = self.slots[0].choices if self.slots else ()
        hidden = {"hidden": list(self.hidden)} if self.hidden else {}
        return {
            "name": self.name,
            "stem": self.stem,
            "channels": self.channels,
            "in_channels": self.in_channels,
            "input_size": list(self.input_size),
            "head": self.head,
            "voters": self.voters,
            **hidden,
            **({"choices": list(common)} if common else {}),
            "layers": [layer.to_dict(common) for layer in self.layers],
        }

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over everything that decides which networks the space holds (not over its name)."""
        entries = {key: value for key, value in self.to_dict().items() if key != "name"}
        return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()

    @cached_property
    def slots(self) -> tuple[Layer, ...]:
        """The layers a search decides, in order."""
        return tuple(layer for layer in self.layers if layer.is_slot)

    @cached_property
    def size(self) -> int:
        """How many architectures the space holds."""
        return math.prod(len(slot.choices) for slot in self.slots)

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """Height and width that leave the stem and then each layer, pixels."""
        height, width = (side // STEM_REDUCTION[self.stem] for side in self.input_size)
        sizes = [(height, width)]
        for layer in self.layers:
            if layer.always_pools:
                height, width = height // 2, width // 2
            else:
                height, width = -(-height // layer.stride), -(-width // layer.stride)
            sizes.append((height, width))
        return tuple(sizes)

    @property
    def feature_size(self) -> tuple[int, int]:
        """Height and width of the features that reach the head, pixels."""
        return self.sizes[-1]

    def check_sizes(self) -> None:
        """Refuses frames too small for the layers, or that choices of one slot would bring to different sizes.

        Raises:
            InvalidInputError: No pixel reaches the head, or pools and convolutions share a slot of odd size.
        """
        if min(self.feature_size) < 1:
            raise InvalidInputError(
                f"input_size {self.input_size}: too small for the pools of space {self.name!r}; expected frames "
                f"large enough to leave a pixel after {len(self.layers)} layers"
            )
        for position, (layer, size) in enumerate(zip(self.layers, self.sizes, strict=False)):
            if layer.sometimes_pools and any(side % 2 for side in size):
                raise InvalidInputError(
                    f"input_size {self.input_size}: layers[{position}] of space {self.name!r} offers pools beside "
                    f"other blocks and gets features of {size}: pools round down and strides up; expected even sides"
                )

    def require_slots(self, purpose: str) -> None:
        """Refuses a space in which nothing is to be decided.

        Raises:
            InvalidInputError: The space has no slots.
        """
        if not self.slots:
            raise InvalidInputError(
                f"{purpose}: expected a space with slots, but {self.name!r} has none: it is one network; "
                "train it from scratch (autosnn_ray.train_from_scratch)"
            )

    def parse(self, architecture: str | Sequence[str]) -> Architecture:
        """Reads an architecture from ``"srb_k5/skip/…"`` or a sequence of choices.

        Args:
            architecture: One choice for each slot.

        Returns:
            The architecture as a tuple.

        Raises:
            InvalidInputError: The number of choices is not the number of slots, or a slot does not
                offer the choice given for it.
        """
        parts = architecture.strip().split("/") if isinstance(architecture, str) else list(architecture)
        if parts == [""] and not self.slots:
            return ()
        if len(parts) != len(self.slots):
            raise InvalidInputError(
                f"architecture {'/'.join(map(str, parts))!r}: expected {len(self.slots)} choices separated by '/' "
                f"(one for each slot of {self.name}), got {len(parts)}"
            )
        for position, (choice, slot) in enumerate(zip(parts, self.slots, strict=True)):
            if choice not in slot.choices:
                raise unknown_name(f"choice for slot {position} of {self.name}", choice, slot.choices)
        return tuple(parts)

    def sample(self, rng: np.random.Generator) -> Architecture:
        """Draws one architecture uniformly."""
        return tuple(slot.choices[int(rng.integers(len(slot.choices)))] for slot in self.slots)

    def sample_balanced(self, rng: np.random.Generator) -> list[Architecture]:
        """Draws as many architectures as a slot has choices, so that each choice of each slot occurs equally often.

        Each slot's choices are permuted and the permutations read side by side; a slot with fewer choices than
        another starts a new permutation when its own is used up.
        """
        count = max(len(slot.choices) for slot in self.slots)
        columns = []
        for slot in self.slots:
            drawn: list[str] = []
            while len(drawn) < count:
                drawn += [slot.choices[int(position)] for position in rng.permutation(len(slot.choices))]
            columns.append(drawn[:count])
        return list(zip(*columns, strict=True))

    def mutate(self, architecture: Sequence[str], rng: np.random.Generator, probability: float) -> Architecture:
        """Changes each slot with the given probability to another of its choices, drawn uniformly."""
        mutant = []
        for choice, slot in zip(architecture, self.slots, strict=True):
            others = [other for other in slot.choices if other != choice]
            changes = rng.random() < probability
            mutant.append(others[int(rng.integers(len(others)))] if changes and others else choice)
        return tuple(mutant)

    def crossover(self, left: Sequence[str], right: Sequence[str], rng: np.random.Generator) -> Architecture:
        """Joins the beginning of one parent to the end of the other at one cut drawn uniformly."""
        count = len(self.slots)
        cut = int(rng.integers(1, count)) if count > 1 else 0
        return (*left[:cut], *right[cut:])

    def enumerate(self) -> Iterator[Architecture]:
        """Yields every architecture in a fixed order: the last slot changes fastest."""
        return (self.at(index) for index in range(self.size))

    def index(self, architecture: Sequence[str]) -> int:
        """Returns the position of an architecture in ``enumerate``."""
        position = 0
        for choice, slot in zip(architecture, self.slots, strict=True):
            position = position * len(slot.choices) + slot.choices.index(choice)
        return position

    def at(self, index: int) -> Architecture:
        """Returns the architecture at a position of ``enumerate``.

        Raises:
            InvalidInputError: The position lies outside the space.
        """
        if not 0 <= index < self.size:
            raise InvalidInputError(f"architecture index {index}: expected 0 to {self.size - 1} in {self.name}")
        choices = []
        for slot in reversed(self.slots):
            index, position = divmod(index, len(slot.choices))
            choices.append(slot.choices[position])
        return tuple(reversed(choices))
