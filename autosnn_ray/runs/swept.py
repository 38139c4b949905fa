"""What the searches of a sweep found, side by side. Needs neither torch nor ray."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autosnn_ray.journal import JOURNAL_FILE
from autosnn_ray.runs.run import Run

_BEFORE = "exponent_"


def folder_of(sweep: str | Path, exponent: float) -> Path:
    """Returns where a sweep has the search of an exponent."""
    return Path(sweep) / f"{_BEFORE}{exponent:g}"


def swept(sweep: str | Path) -> dict[float, Run]:
    """Returns the searches that lie in a sweep's folder, by their exponents, that of accuracy alone first."""
    found = {}
    for journal in Path(sweep).glob(f"{_BEFORE}*/{JOURNAL_FILE}"):
        try:
            found[float(journal.parent.name.removeprefix(_BEFORE))] = Run(journal.parent)
        except ValueError:
            continue  # a folder of another name
    return dict(sorted(found.items(), reverse=True))


def sweep_table(runs: dict[float, Run]) -> list[dict[str, Any]]:
    """Returns what each exponent found, a record for each: its best, and how many candidates it evaluated itself.

    Args:
        runs: What ``sweep_exponents`` gave.
    """
    records = []
    for exponent, run in runs.items():
        frame = run.frame()
        best = run.best(1).to_dict("records")
        told = frame[frame["status"] == "done"]
        records.append(
            {
                "exponent": exponent,
                **{name: best[0].get(name) if best else None for name in ("architecture", frame.attrs["quality"])},
                **{name: best[0].get(name) if best else None for name in ("spikes", "parameters", "fitness")},
                "evaluated": int((told["reused_from"] == "").sum()),
                "reused": int((told["reused_from"] != "").sum()),
            }
        )
    return records
