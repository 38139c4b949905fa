"""Which samples each candidate classified right: one bit a sample, beside the journal, for paired tests.

Nothing is rebuilt from it: where it is damaged, or was made before it was kept, paired tests are left out.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

CORRECT_FILE = "correct.jsonl"


def keep_correct(folder: Path, index: int, samples: int, correct: bytes) -> None:
    """Appends a candidate's bits.

    Args:
        folder: The run's folder.
        index: The candidate's number.
        samples: How many samples.
        correct: ``numpy.packbits`` of which were classified right.

    Raises:
        OSError: They cannot be written.
    """
    entry = {"index": index, "samples": samples, "correct": base64.b64encode(correct).decode("ascii")}
    with (folder / CORRECT_FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry, separators=(",", ":")) + "\n")


def pack_correct(correct: npt.NDArray[np.bool_]) -> bytes:
    """Packs which samples were classified right, shape ``(N,)``, as an evaluation holds them."""
    return np.packbits(correct).tobytes()


def read_correct(folder: str | Path) -> dict[int, npt.NDArray[np.bool_]]:
    """Reads which samples each candidate classified right, by the candidates' numbers; a damaged line is left out.

    Args:
        folder: The run's folder.
    """
    try:
        lines = (Path(folder) / CORRECT_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    found: dict[int, npt.NDArray[np.bool_]] = {}
    for line in lines:
        try:
            entry = json.loads(line)
            bits = np.frombuffer(base64.b64decode(entry["correct"], validate=True), dtype=np.uint8)
            found[int(entry["index"])] = np.unpackbits(bits, count=int(entry["samples"])).astype(bool)
        except (ValueError, KeyError, TypeError):
            continue
    return found
