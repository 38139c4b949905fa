"""Timings side by side: contestants take turns in one process, so that a machine that slows down slows all of them."""

from __future__ import annotations

import json
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

Row = dict[str, object]


def interleaved(
    contestants: Mapping[str, Callable[[], object]], rounds: int, seconds: float = 60
) -> dict[str, list[float]]:
    """Times A, B, C, A, B, C …, after a warm-up: for some rounds (at least 3), or until the time is up."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for run in contestants.values():
        run()
    began = time.perf_counter()
    for done in range(rounds):
        if done >= 3 and time.perf_counter() - began > seconds:
            break
        for name, run in contestants.items():
            started = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - started)
    return times


def compare(times: Mapping[str, list[float]], ours: str) -> dict[str, Row]:
    """Gives each contestant's median time, and the ratio of its time to ours, round by round: median and quartiles."""
    found: dict[str, Row] = {}
    for name, taken in times.items():
        ratios = [theirs / own for theirs, own in zip(taken, times[ours], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        found[name] = {
            "milliseconds": statistics.median(taken) * 1e3,
            "ratio": middle,
            "quartiles": [low, high],
            "rounds": len(taken),
        }
    return found


def table(rows: Mapping[str, Mapping[str, Row]], ours: str) -> str:
    """Writes a Markdown table: one line a case and contestant."""
    lines = [f"| case | contestant | ms, median | time over {ours}: median (quartiles) |", "|---|---|---:|---:|"]
    for case, found in rows.items():
        for name, row in found.items():
            low, high = row["quartiles"]  # type: ignore[misc]
            lines.append(
                f"| {case} | {name} | {row['milliseconds']:.1f} | {row['ratio']:.2f} ({low:.2f} to {high:.2f}) |"
            )
    return "\n".join(lines)


def publish(
    name: str, text: str, result: Mapping[str, object], docs: Path = Path(__file__).parents[1] / "docs"
) -> None:
    """Writes ``docs/benchmarks/NAME.json``, and the text between NAME's marks in ``docs/performance.md``."""
    machine = {"cores": torch.get_num_threads(), "processor": platform.machine(), "torch": torch.__version__}
    folder = docs / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({"machine": machine, **result}, indent=2) + "\n")
    page = docs / "performance.md"
    written = page.read_text(encoding="utf-8")
    first, last = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, rest = written.split(first)
    page.write_text(f"{before}{first}\n\n{text}\n\n{last}{rest.split(last)[1]}", encoding="utf-8")
    print(text)
