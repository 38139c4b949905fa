"""Memory that the processes of one machine share: what one writes there, the others read where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from autosnn_ray.errors import InvalidInputError

_HALF_BYTES = 16 * 2**20
"""Room for four million numbers: three times what the paths of a supernet of 16 channels have between them."""


class Board:
    """A file that every process has mapped, in two halves: one is written while the other may still be read.

    Processes agree, by other means, on when all have written; none may begin with the page after next before that.

    Args:
        file: What ``make`` has made.

    Raises:
        InvalidInputError: It has another size.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "board"
        >>> Board.make(file)
        >>> here, there = Board(file).page([2, 1], torch.float32), Board(file).page([2, 1], torch.float32)
        >>> _ = here[1].fill_(7)
        >>> there[1].tolist()
        [7.0]
    """

    def __init__(self, file: Path) -> None:
        size = file.stat().st_size
        if size != 2 * _HALF_BYTES:
            raise InvalidInputError(f"{file}: expected {2 * _HALF_BYTES} bytes, got {size}")
        whole = torch.from_file(str(file), shared=True, size=size, dtype=torch.uint8)
        self._now, self._next = whole.split(_HALF_BYTES)

    @staticmethod
    def make(file: Path) -> None:
        """Makes the file, and takes its room on the disc now: one that is full later ends who writes into the memory.

        Raises:
            OSError: There is no room, or a file of this name.
        """
        with file.open("xb") as opened:
            opened.write(bytes(2 * _HALF_BYTES))

    def page(self, sizes: Sequence[int], dtype: torch.dtype) -> list[Tensor] | None:
        """Returns places for so many numbers each, on the other half than the last ones.

        None where they are too many; the halves are then not changed.
        """
        room = sum(sizes) * dtype.itemsize
        if room > _HALF_BYTES:
            return None
        self._now, self._next = self._next, self._now
        return list(self._now[:room].view(dtype).split(list(sizes)))
