"""What starting costs: a search of trivial candidates from the command to its end, here and on Ray, in turns.

    python benchmarks/starting.py                       # some minutes; writes its part of docs/performance.md
    python benchmarks/starting.py --against CHECKOUT    # the same with another version beside it, and writes nothing

A supernet of the digits, trained for one epoch; 20 paths of it are evaluated. The processor time is that of all
processes, Ray's own among them, as far as they could be seen before they ended; it says more than the clock does on
a machine that has other things to do.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import psutil
from timing import publish

import autosnn_ray as asr
import search_spaces

HERE = Path(__file__).parents[1]
EXECUTORS = {"in this process": ("--executor", "local"), "on Ray, two CPUs": ("--executor", "ray", "--num-cpus", "2")}
LOOK_EVERY_SECONDS = 0.1


@dataclass(frozen=True)
class Start:
    first: float
    """Seconds from the command to the first outcome in the journal."""
    end: float
    """Seconds from the command to its end."""
    processor: float
    """Seconds of processor time of all processes."""


def measured(checkout: Path, run: Path, supernet: Path, arguments: tuple[str, ...], candidates: int) -> Start:
    command = [
        sys.executable,
        "-m",
        "autosnn_ray.cli.main",
        "search",
        str(run),
        "--supernet",
        str(supernet),
        "--evaluator",
        "path",
    ]
    command += ["--candidates", str(candidates), *arguments]
    began, first = time.perf_counter(), 0.0
    process = subprocess.Popen(
        command, cwd=checkout, env={**os.environ, "PYTHONPATH": str(checkout)}, stdout=subprocess.DEVNULL
    )
    seen: dict[tuple[int, float], float] = {}
    while process.poll() is None:
        time.sleep(LOOK_EVERY_SECONDS)
        look(process.pid, seen)
        journal = run / "journal.jsonl"
        if not first and journal.exists() and '"tell"' in journal.read_text(encoding="utf-8"):
            first = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: ended with {process.returncode}")
    return Start(first, time.perf_counter() - began, sum(seen.values()))


def look(root: int, seen: dict[tuple[int, float], float]) -> None:
    try:
        processes = [psutil.Process(root), *psutil.Process(root).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in processes:
        try:
            times = process.cpu_times()
            seen[process.pid, process.create_time()] = times.user + times.system
        except psutil.NoSuchProcess:  # it ended between the two looks
            continue


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--against", type=Path, help="a checkout of another version")
    options = parser.parse_args()
    versions = {"": HERE, **({" (the other)": options.against.resolve()} if options.against else {})}
    found: dict[str, list[Start]] = {}
    with tempfile.TemporaryDirectory() as folder:
        problem = asr.Problem(search_spaces.load("digits_16"), asr.load_dataset("digits"), timesteps=4)
        supernet = Path(folder) / "supernet"
        asr.train_supernet(problem, folder=supernet, settings=asr.TrainSettings(epochs=1), progress=False)
        for number in range(-1, options.rounds):  # the first compiles, and fills the disk's cache
            for executor, arguments in EXECUTORS.items():
                for version, checkout in versions.items():
                    name = f"{executor}{version}"
                    run = Path(folder) / f"{len(found)}-{number}-{len(name)}"
                    start = measured(checkout, run, supernet, arguments, options.candidates)
                    print(f"{name}: {start}", flush=True)
                    if number >= 0:
                        found.setdefault(name, []).append(start)
    lines = [
        f"| {options.candidates} candidates | first outcome, s | end, s | processor time of all processes, s |",
        "|---|---:|---:|---:|",
    ]
    for name, starts in found.items():
        cells = [f"{median(getattr(start, key) for start in starts):.1f}" for key in ("first", "end", "processor")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    if options.against:
        print("\n".join(lines))
        return
    seconds = {name: [asdict(start) for start in starts] for name, starts in found.items()}
    settings = {"candidates": options.candidates, "rounds": options.rounds}
    publish("starting", "\n".join(lines), {"settings": settings, "seconds": seconds})


if __name__ == "__main__":
    main()
