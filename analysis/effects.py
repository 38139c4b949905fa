"""What each choice in each slot adds, over the candidates of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from autosnn_ray.space import AdditiveModel

from .frames import read, read_space
from .fronts import quality_of

_LEAST_SPIKES = 1e-3


def effects(path: str | Path) -> pd.DataFrame:
    """Fits a run's candidates by what each choice in each slot adds to accuracy, and by what it multiplies spikes.

    Columns: ``slot`` (from 0); ``choice``; ``candidates`` with that choice; ``accuracy`` (what it adds, 0.01 is a
    point); ``spikes`` (by how much it multiplies them: 1.2 is a fifth more). ``frame.attrs["explained"]`` says which
    share of the variance of each the choices explain, at candidates left out of the fit one by one. What the
    candidates do not support shrinks to 0 and 1.

    Args:
        path: The run's folder; that of a predictor's sample (``RUN/predictor/scratch``) says what holds from scratch.

    Raises:
        InvalidInputError: Fewer than five evaluated candidates.
    """
    frame, space = read(path), read_space(path)
    done, quality = frame[frame["status"] == "done"], quality_of(frame)
    architectures = [tuple(str(name).split("/")) for name in done["architecture"]]
    models = {
        "accuracy": AdditiveModel.fit(architectures, done[quality].tolist()),
        "spikes": AdditiveModel.fit(architectures, np.log(done["spikes"].clip(lower=_LEAST_SPIKES)).tolist()),
    }
    rows = [
        {
            "slot": number,
            "choice": choice,
            "candidates": sum(one[number] == choice for one in architectures),
            "accuracy": models["accuracy"].effects[number].get(choice, 0.0),
            "spikes": float(np.exp(models["spikes"].effects[number].get(choice, 0.0))),
        }
        for number, slot in enumerate(space.slots)
        for choice in slot.choices
    ]
    table = pd.DataFrame(rows, columns=["slot", "choice", "candidates", "accuracy", "spikes"])
    table.attrs = {"explained": {name: model.explained for name, model in models.items()}, "candidates": len(done)}
    return table
