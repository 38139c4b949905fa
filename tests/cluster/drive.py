"""A search in a process of its own, to be killed or cut off: starts the run in the folder, or goes on with it.

The last argument says where: ``local``, ``ray``, a cluster's address, or the URL of a storage, with ``local``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import autosnn_ray as asr
from autosnn_ray.algorithms import make_algorithm
from autosnn_ray.journal import read_journal
from autosnn_ray.storage import copy
from tests.runs.common import LOCAL, larger_problem
from tests.runs.evaluators import Placed, Slow

CPUS = 2


def main(run: Path, algorithm: str, candidates: int, notes: str, seconds: float, where: str) -> None:
    copy.COPY_SECONDS = 0.3
    options = {"storage": where if "://" in where else None}
    if where == "local" or "://" in where:
        evaluator, options["executor"] = Slow(notes, seconds), LOCAL
    elif where == "ray":
        evaluator, options["executor"] = Slow(notes, seconds), asr.Ray(num_cpus=CPUS)
    else:
        evaluator, options["executor"] = Placed(notes, seconds), asr.Ray(address=where)
    if (run / "journal.jsonl").exists() and read_journal(run).events:
        asr.resume(run, evaluator=evaluator, **options)
        return
    settings = make_algorithm(algorithm, seed=4)
    asr.search(larger_problem(), evaluator, path=run, algorithm=settings, candidates=candidates, **options)


if __name__ == "__main__":
    run, algorithm, candidates, notes, seconds, where = sys.argv[1:]
    main(Path(run), algorithm, int(candidates), notes, float(seconds), where)
