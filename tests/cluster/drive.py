"""A search in a process of its own, to be killed or cut off: starts the run in the folder, or goes on with it.

The last argument may be a cluster's address, or the URL of a storage.
"""

from __future__ import annotations

import sys
from pathlib import Path

import autosnn_ray as asr
from autosnn_ray.algorithms import make_algorithm
from autosnn_ray.cluster import mirror
from autosnn_ray.journal import read_journal
from tests.cluster.evaluators import Placed, Slow

CPUS = 2


def main(
    run: Path, supernet: str, algorithm: str, candidates: int, notes: Path, seconds: float, address: str | None
) -> None:
    storage, address = (address, None) if address and "://" in address else (None, address)
    mirror.COPY_SECONDS = 0.3
    evaluator = Slow(notes, seconds) if address is None else Placed(notes, seconds)
    where = {"storage": storage, "num_cpus": CPUS} if address is None else {"address": address}
    if (run / "journal.jsonl").exists() and read_journal(run).events:
        asr.resume(run, evaluator=evaluator, **where)
        return
    data = asr.load_dataset("digits")
    asr.search(
        asr.Supernet.load(supernet),
        data,
        path=run,
        algorithm=make_algorithm(algorithm, seed=4),
        candidates=candidates,
        evaluator=evaluator,
        **where,
    )


if __name__ == "__main__":
    run, supernet, algorithm, candidates, notes, seconds, *address = sys.argv[1:]
    main(Path(run), supernet, algorithm, int(candidates), Path(notes), float(seconds), address[0] if address else None)
