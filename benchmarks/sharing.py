"""How much of a search's work is done twice: one cache of beginnings, one an actor, a generation in order.

    python benchmarks/sharing.py            # seconds; writes its part of docs/performance.md

Counts the blocks that are run for the 400 candidates of a search: the conv blocks of this space cost about the same in
every slot, a skip costs nothing. Candidates are dealt to actors in turns, each with a cache that forgets nothing;
"in order" sorts a generation and gives each actor a part of it in one piece, which is the most that an order can do.
"One for all" is what the second level in the object store gives, looking there apart.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence

from search_and_space import searched
from timing import publish

import search_spaces
from autosnn_ray.space import Architecture

GENERATION = 20


def blocks_run(shares: Iterable[Sequence[Architecture]]) -> int:
    """Counts the blocks that actors run for their shares; a beginning that one of them has run costs it nothing."""
    total = 0
    for share in shares:
        known: set[Architecture] = set()
        for path in share:
            for length in range(1, len(path) + 1):
                # The end of a path is not kept: no other path begins with it.
                is_new = length == len(path) or path[:length] not in known
                total += is_new and path[length - 1] != "skip"
                known.add(path[:length])
    return total


def in_order(paths: Sequence[Architecture], actors: int) -> list[list[Architecture]]:
    """Shares each generation out in sorted pieces."""
    shares: list[list[Architecture]] = [[] for _ in range(actors)]
    for first in range(0, len(paths), GENERATION):
        generation = sorted(paths[first : first + GENERATION])
        for number in range(actors):
            shares[number] += generation[len(generation) * number // actors : len(generation) * (number + 1) // actors]
    return shares


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=400)
    parser.add_argument("--actors", type=int, nargs="+", default=[2, 8, 32])
    options = parser.parse_args()
    paths = searched(search_spaces.load("autosnn_16"), options.candidates)
    whole = sum(choice != "skip" for path in paths for choice in path)
    shared = blocks_run([paths])
    lines = [
        "| actors | each its own cache | a generation in order | one for all |",
        "|---:|---:|---:|---:|",
    ]
    rows = []
    for actors in options.actors:
        own, ordered = blocks_run(paths[i::actors] for i in range(actors)), blocks_run(in_order(paths, actors))
        rows.append({"actors": actors, "own": own / whole, "ordered": ordered / whole, "shared": shared / whole})
        lines.append(f"| {actors} | {own / whole:.0%} | {ordered / whole:.0%} | {shared / whole:.0%} |")
    text = "\n".join(lines) + f"\n\nOf the {whole:,} conv blocks in the {len(paths)} candidates, how many are run."
    publish("sharing", text, {"candidates": len(paths), "blocks": whole, "rows": rows})


if __name__ == "__main__":
    main()
