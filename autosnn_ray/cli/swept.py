"""What a sweep found, as a table. Needs neither torch nor ray."""

from __future__ import annotations

from collections.abc import Mapping

from autosnn_ray.cli.console import amount, percent
from autosnn_ray.cli.results import advice
from autosnn_ray.cli.tables import Column, Table
from autosnn_ray.runs.run import Run
from autosnn_ray.runs.swept import sweep_table


def side_by_side(found: Mapping[float, Run]) -> Table:
    """Returns the best of each search, what its numbers are, and what to do with them.

    Args:
        found: The searches by their exponents, at least one.
    """
    known = [record for record in sweep_table(dict(found)) if record["architecture"] is not None]
    first = next(iter(found.values()))
    about = first.frame().attrs
    quality, provenance = str(about["quality"]), str(about["provenance"])
    columns = [
        Column("exponent", lambda exponent: f"{exponent:g}"),
        Column("architecture"),
        Column(quality, percent if quality == "accuracy" else lambda worth: amount(worth, 4), is_number=True),
        Column("spikes", amount, is_number=True),
        Column("parameters", amount, is_number=True),
        Column("fitness", lambda fitness: amount(fitness, 4), is_number=True),
        Column("evaluated", is_number=True),
        Column("reused", is_number=True),
    ]
    notes = ["evaluated, reused: candidates that this search evaluated itself, and that those above it had evaluated"]
    notes += [f"numbers: {provenance}"] if provenance else []
    notes += advice(first.path, first.config()) if known else []
    return Table("sweep", columns, known, "the best by each exponent of the fitness", notes)
