"""What tests that register something share: the registries are put back afterwards."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from autosnn_ray.own_code import ENTRIES, IMPORTED, registry_at
from autosnn_ray.plugins import load_plugins
from tests.conftest import TINY_SPACE

REGISTRIES = (
    "autosnn_ray.algorithms:ALGORITHMS",
    "autosnn_ray.evaluators:EVALUATORS",
    "autosnn_ray.objectives:OBJECTIVES",
    "autosnn_ray.space.blocks:BLOCKS",
    "autosnn_ray.spiking.blocks:FAMILIES",
    "autosnn_ray.spiking.own_neurons:OWN_NEURONS",
    "autosnn_ray.export.to_nir:EXPORTERS",
    "autosnn_ray.data.registry:DATASETS",
    "autosnn_ray.measures:MEASURES",
    "analysis.plots:PLOTS",
)


def space_with(*blocks: str) -> str:
    """Returns the tiny space's file with other choices."""
    choices = f"choices = {json.dumps(blocks)}"
    return re.sub(r"choices = .*", choices, TINY_SPACE).replace('name = "tiny"', 'name = "own"')


@contextmanager
def registries_put_back() -> Iterator[None]:
    load_plugins()
    modules = set(sys.modules)
    path = list(sys.path)
    registries = [ENTRIES, IMPORTED, *map(registry_at, REGISTRIES)]
    before = [dict(one) for one in registries]
    try:
        yield
    finally:
        _put_back(registries, before, modules, path)


def _put_back(registries: list[dict], before: list[dict], modules: set[str], path: list[str]) -> None:
    for registry, entries in zip(registries, before, strict=True):
        registry.clear()
        registry.update(entries)
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if "pytest-of-" in file:  # modules of tests' own folders
            del sys.modules[name]


def all_kinds() -> set[str]:
    return set(import_module("autosnn_ray.registration").KINDS)
