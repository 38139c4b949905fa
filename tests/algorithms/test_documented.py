"""docs/algorithms.md names every algorithm, its settings, and how it resumes."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from autosnn_ray.algorithms import ALGORITHMS
from autosnn_ray.algorithms.optuna_samplers import SAMPLERS

TEXT = (Path(__file__).parents[2] / "docs" / "algorithms.md").read_text(encoding="utf-8")
ROWS = {row[1]: row for row in re.finditer(r"^\| `(\w+)` \| `(\w+)` \|.*\| (yes|no) \| (.+) \|$", TEXT, re.MULTILINE)}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_table_says_of_each_what_it_says_of_itself(name):
    kind, row = ALGORITHMS[name], ROWS[name]
    assert row[2] == kind.__name__
    assert (row[3] == "yes") == kind.order_matters
    assert row[4].startswith("exactly")
    assert name == "given" or kind().resumes == "exactly"
    assert ("statistically" in row[4]) == (name == "optuna")


@pytest.mark.parametrize("name", ALGORITHMS)
def test_its_settings_are_named(name):
    about = re.search(rf"\*\*`{name}`\*\*.*?(?=\n\*\*`|\n## |\Z)", TEXT, re.DOTALL)
    assert about, name
    for field in fields(ALGORITHMS[name]):
        if field.name != "seed" and name != "given":
            assert f"`{field.name}`" in about[0], field.name


def test_every_sampler_is_named():
    assert all(f"`{sampler}`" in TEXT for sampler in SAMPLERS)
