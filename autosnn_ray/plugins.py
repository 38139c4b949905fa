"""Installed packages that register something: found by their entry points, imported when a name may be theirs.

A distribution says in its metadata which module registers::

    [project.entry-points."autosnn_ray.plugins"]
    mine = "my_package.registered"
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from autosnn_ray.errors import PluginWarning, unknown_name

GROUP = "autosnn_ray.plugins"
"""The group of entry points that is looked into."""

FAILED: list[str] = []
"""What is wrong with each plugin that could not be imported."""

DISTRIBUTIONS: dict[str, str] = {}
"""The distribution, with its version, that each plugin's package came with, by the package's name."""

Found = TypeVar("Found")
_LOADING = threading.RLock()
_begun: list[bool] = []


def load_plugins() -> None:
    """Imports every plugin, once in a process; what they register is then in the registries.

    Warns:
        PluginWarning: One cannot be imported; the others are.
    """
    with _LOADING:
        if _begun:  # in this very thread too, where a plugin looks a name up while it is imported
            return
        _begun.append(True)
        found = sorted(entry_points(group=GROUP), key=lambda one: (one.name, one.value))
        troubles = [trouble for one in found if (trouble := _load(one))]
        FAILED.extend(troubles)
    for trouble in troubles:
        warnings.warn(PluginWarning(f"{trouble}. What it registers is missing"), stacklevel=2)


def _load(entry: EntryPoint) -> str:
    """Imports a plugin; returns what is wrong with it, if anything is."""
    distribution = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unnamed distribution"
    DISTRIBUTIONS[entry.value.partition(":")[0].partition(".")[0]] = distribution
    try:
        entry.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it raises is said, and hinders no other
        reason = " ".join(str(error).split())
        return f"plugin {entry.name!r} of {distribution} cannot be imported: {type(error).__name__}: {reason}"
    return ""


def every(registry: Mapping[str, Found]) -> Mapping[str, Found]:
    """Returns a registry with what plugins add to it: to be listed."""
    load_plugins()
    return registry


def find(what: str, name: str, registry: Mapping[str, Found], hint: str = "") -> Found:
    """Looks a name up in a registry, and where it is not there yet in the plugins.

    Args:
        what: What the name stands for, such as ``"block"``.
        name: The name.
        registry: What is known.
        hint: A further sentence on how to mend a name that is not.

    Raises:
        InvalidInputError: No such name; a plugin that could not be imported is named too.
    """
    if name not in registry:
        load_plugins()
    if name not in registry:
        raise unknown_name(what, name, registry, f"{hint} {own_code_hint()}".strip())
    return registry[name]


def own_code_hint() -> str:
    """Returns how what a user registers comes to be known, and which plugins were not looked into."""
    failed = "".join(f" Not looked into: {trouble}." for trouble in FAILED)
    return f"What a module of your own registers is known once it is imported (--import FILE.py).{failed}"
