"""What a search costs beside its evaluations: workers side by side, memory of a shared supernet, a long run resumed.

    python benchmarks/cluster.py             # about 5 minutes on two cores; writes its part of docs/performance.md

Workers: the same candidates, each asleep for a second, by one actor and by two, from the first outcome to the last.
Memory: unique memory of four actors (what would come free if they ended) that have read every weight of a supernet,
beside four that have a small one; and the one copy that they share. Resume: a journal of 10,000 told candidates, from
the call to the first new outcome, and what of it is Ray's start.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import psutil
from null_evaluations import null, problem_of, untrained
from timing import publish

import autosnn_ray as asr
import search_spaces
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.space import SearchSpace

MEGABYTE = 1e6


def sleeper(problem: asr.Problem, architecture: tuple[str, ...]) -> asr.Evaluation:
    """Takes a second, on no core."""
    time.sleep(1)
    return null(problem, architecture)


@dataclass(frozen=True)
class Reader(asr.SupernetPath):
    """Reads every weight, and notes the unique memory of its process, bytes."""

    name: ClassVar[str] = "reader"
    folder: str = ""

    def start(self, context):
        """Takes the weights."""

        def estimate(architecture, repetition):
            for weight in self.supernet.network.state_dict().values():
                weight.sum()
            me = psutil.Process()
            (Path(self.folder) / f"{me.pid}").write_text(str(me.memory_full_info().uss))
            time.sleep(0.5)  # so that every actor gets some
            return null(context.problem, architecture)

        return estimate


def large_space(size: float) -> SearchSpace:
    """AutoSNN_128, widened until its supernet has about as many bytes."""
    space = search_spaces.load("autosnn_128").to_dict()
    factor = (size / 326e6) ** 0.5
    space["channels"] = round(space["channels"] * factor / 4) * 4
    for layer in space["layers"]:
        if "channels" in layer:
            layer["channels"] = round(layer["channels"] / 128) * space["channels"]
    return SearchSpace.from_dict(space | {"name": "large"}, source="benchmark")


def side_by_side(data, folder: Path, candidates: int) -> dict[str, float]:
    seconds = {}
    for actors in (1, 2):
        told: list[float] = []
        with ray_session(num_cpus=actors):
            asr.search(
                problem_of(data), sleeper, path=folder / f"workers-{actors}", algorithm=asr.RandomSearch(),
                candidates=candidates, on_result=lambda *_, told=told: told.append(time.perf_counter()),
            )  # fmt: skip
        # The first outcomes, one an actor, are where the clock starts.
        seconds[actors] = (told[-1] - told[actors - 1]) / (len(told) - actors)
    return {"candidates": candidates, "one": seconds[1], "two": seconds[2], "ratio": seconds[1] / seconds[2]}


def memory(data, folder: Path, size: float) -> dict[str, float]:
    unique, copy = {}, 0.0
    for name, space in (("small", search_spaces.load("digits_16")), ("large", large_space(size))):
        problem = problem_of(data, space)
        supernet = untrained(problem)
        notes = folder / name
        notes.mkdir()
        copy = sum(value.numel() * value.element_size() for value in supernet.network.state_dict().values())
        room = 0 if name == "small" else int(copy)
        with ray_session(num_cpus=4, shared_bytes=room):
            asr.search(
                problem, Reader(supernet, folder=str(notes)), path=folder / f"memory-{name}",
                algorithm=asr.RandomSearch(), candidates=24,
            )  # fmt: skip
        unique[name] = [int(note.read_text()) for note in notes.iterdir()]
        if len(unique[name]) != 4:
            raise SystemExit(f"expected notes of 4 actors, got {len(unique[name])}")
    extra = sum(unique["large"]) - sum(unique["small"])
    return {"copy_bytes": copy, "unique": unique, "extra_bytes": extra, "ratio": (copy + extra) / copy}


def resuming(data, folder: Path, candidates: int) -> dict[str, float]:
    run = folder / "resumed"
    problem = problem_of(data, search_spaces.load("snn_3"))
    asr.search(problem, null, path=run, candidates=candidates, executor=asr.Local())
    started = time.perf_counter()
    with ray_session(num_cpus=2):
        ray_start = time.perf_counter() - started
    told: list[float] = []
    started = time.perf_counter()
    asr.resume(
        run, candidates=candidates + 20, evaluator=null, executor=asr.Ray(num_cpus=2),
        on_result=lambda *_: told.append(time.perf_counter()),
    )  # fmt: skip
    first = told[candidates] - started
    return {"candidates": candidates, "first_after_seconds": first, "ray_start_seconds": ray_start}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=10_000, help="of the run that is resumed")
    parser.add_argument("--seconds", type=int, default=40, help="candidates of a second each")
    parser.add_argument("--bytes", type=float, default=425e6, help="of the supernet")
    options = parser.parse_args()
    data = asr.load_dataset("digits")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workers = side_by_side(data, folder, options.seconds)
        shared = memory(data, folder, options.bytes)
        resumed = resuming(data, folder, options.candidates)
    size, first = shared["copy_bytes"] / MEGABYTE, resumed["first_after_seconds"] - resumed["ray_start_seconds"]
    lines = [
        "| what | measured | goal |",
        "|---|---:|---:|",
        f"| two actors over one, candidates of 1 s | {workers['ratio']:.2f} | 1.9 |",
        f"| memory of four actors and the copy of a {size:.0f} MB supernet that they share, over that copy | "
        f"{shared['ratio']:.2f} | 1.1 |",
        f"| resume of {resumed['candidates']:,} candidates to the first new outcome, Ray's start of "
        f"{resumed['ray_start_seconds']:.1f} s left out | {first:.1f} s | 15 s |",
    ]
    publish("cluster", "\n".join(lines), {"workers": workers, "memory": shared, "resume": resumed})


if __name__ == "__main__":
    main()
