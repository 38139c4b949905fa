"""Versions of what a result depends on."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib import metadata

_PACKAGES = ("autosnn-ray", "torch", "norse", "ray", "numpy")


def versions(further: Iterable[str] = ()) -> dict[str, str]:
    """Returns the versions of Python and of the packages that decide a result.

    Args:
        further: Packages that are of weight here alone.

    Example:
        >>> sorted(versions())
        ['autosnn-ray', 'norse', 'numpy', 'python', 'ray', 'torch']
    """
    found = {"python": platform.python_version()}
    for package in (*_PACKAGES, *further):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found
