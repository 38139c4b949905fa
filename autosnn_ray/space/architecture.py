"""Architectures, and how they are written."""

from __future__ import annotations

from collections.abc import Sequence

Architecture = tuple[str, ...]
"""One choice for each slot."""


def format_architecture(architecture: Sequence[str]) -> str:
    """Returns the written form of an architecture.

    Example:
        >>> format_architecture(("srb_k5", "skip"))
        'srb_k5/skip'
    """
    return "/".join(architecture)
