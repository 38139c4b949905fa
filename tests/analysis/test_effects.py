"""What choices add, read from runs."""

from __future__ import annotations

import numpy as np
import pytest
from make_run import WORTH, write_search

import analysis
from autosnn_ray.errors import InvalidInputError


def test_effects_are_those_the_landscape_was_made_of(tmp_path):
    table = analysis.effects(write_search(tmp_path))
    assert list(table.columns) == ["slot", "choice", "candidates", "accuracy", "spikes"]
    assert len(table) == 25
    assert table.groupby("slot")["candidates"].sum().tolist() == [400] * 5
    first = table[table["slot"] == 0].set_index("choice")
    # 0.06 * worth / 6.25 of the accuracy; 900 * worth spikes.
    gap = first.loc["srb_k5", "accuracy"] - first.loc["skip", "accuracy"]
    assert gap == pytest.approx(0.06 * WORTH["srb_k5"] / 6.25, abs=0.004)
    assert np.all(np.diff(first.loc[["skip", "scb_k3", "srb_k3", "srb_k5"], "spikes"]) > 0)
    assert table.attrs["explained"]["spikes"] > 0.8
    # Factors: times the mean they give what the candidates with that choice fire.
    frame = analysis.read(tmp_path)
    logs = np.log(frame["spikes"])
    fired = np.exp(logs.groupby(frame["slot_0"], observed=True).mean() - logs.mean())
    assert first.loc["skip", "spikes"] == pytest.approx(fired["skip"], rel=0.25)
    assert (table["spikes"] > 0).all()


def test_too_few_candidates_are_refused_and_the_picture_says_so(tmp_path):
    path = write_search(tmp_path, candidates=4)
    with pytest.raises(InvalidInputError, match="at least 5 architectures"):
        analysis.effects(path)
    figure = analysis.PLOTS["effects"](path)
    assert "at least 5 architectures" in figure.axes[0].texts[0].get_text()
