"""What a folder is, and what lies in it: told by the files that the toolkit leaves there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autosnn_ray.journal import JOURNAL_FILE

KINDS: dict[str, str] = {
    "designs": "design choices compared: macro structures and blocks, trained from scratch",
    "recipe": "a recipe's whole job: supernet or predictor, search, networks trained from scratch",
    "retraining": "architectures trained from scratch, with model cards",
    "fidelity": "evaluators held against networks trained from scratch",
    "predictor": "a sample trained from scratch, which a predictor was fitted on",
    "halving": "successive halving of a search's best",
    "finalists": "the best of a search, trained from scratch at its end",
    "search": "a search, or given architectures evaluated",
    "supernet": "a supernet",
    "network": "a trained network",
}
"""What a folder can be."""


@dataclass(frozen=True)
class Folder:
    """A folder of the toolkit's.

    Attributes:
        path: Where it is.
        kind: Key of ``KINDS``.
    """

    path: Path
    kind: str


def kind_of(path: str | Path) -> str:
    """Returns what a folder is, a key of ``KINDS``; empty where it is nothing of the toolkit's."""
    folder = Path(path)
    marks = {
        "designs": [f"designs/*/{JOURNAL_FILE}"],
        "recipe": ["reproduction.json"],
        "retraining": [f"hand_made/*/{JOURNAL_FILE}", "networks/*/seed_*"],
        "search": [JOURNAL_FILE],
        "fidelity": [f"ground_truth/seed_*/{JOURNAL_FILE}", f"truth/seed_*/{JOURNAL_FILE}"],
        "predictor": [f"scratch/{JOURNAL_FILE}", f"alone/{JOURNAL_FILE}"],
        "halving": [f"epochs_*_seeds_*/*/{JOURNAL_FILE}"],
        "finalists": [f"epochs_*/*/{JOURNAL_FILE}"],
        "supernet": ["supernet.json"],
        "network": ["network.json"],
    }
    return next((kind for kind, names in marks.items() if any(_first(folder, name) for name in names)), "")


def contents_of(path: str | Path) -> list[Folder]:
    """Returns what lies in a folder, one step down; what is nothing of the toolkit's is left out."""
    try:
        below = sorted(one for one in Path(path).iterdir() if one.is_dir())
    except OSError:
        return []
    return [Folder(one, kind) for one in below if (kind := kind_of(one))]


def _first(folder: Path, pattern: str) -> Path | None:
    return next(iter(folder.glob(pattern)), None) if folder.is_dir() else None
