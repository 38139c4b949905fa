"""Profiles as frames and pictures, without torch."""

from __future__ import annotations

import pandas as pd
import pytest

import analysis
from analysis.plots.profile import profile_panels
from autosnn_ray.profiles import EnergyModel, LayerProfile, Profile

LAYERS = (
    LayerProfile("stem.neuron1", (4, 8, 8), 41, 2304, 0.25, 256.0, 1, 0, 1.7, True, 2304.0, 4e-9),
    LayerProfile("layers.0.max_pool", (4, 4, 4), 0, 0, 0.5, 128.0, 0, 2, None, False, 0.0, 0.0),
    LayerProfile("head.neuron", (20,), 1281, 1280, 0.0, 0.0, 20, 0, 2.0, False, 2560.0, 2e-9),
)


@pytest.fixture
def path(tmp_path):
    return Profile("skip", "mine", 4, 10, EnergyModel(), LAYERS).save(tmp_path / "profile.json")


def test_the_frame_has_a_row_a_layer_and_survives_csv(path, tmp_path):
    frame = analysis.read_profile(path)
    assert frame["name"].tolist() == [layer.name for layer in LAYERS]
    assert frame["shape"].tolist() == ["4x8x8", "4x4x4", "20"]
    assert frame["tau"].isna().tolist() == [False, True, False]
    assert frame["energy"].sum() == pytest.approx(6e-9)
    assert frame.attrs == {"architecture": "skip", "space": "mine", "timesteps": 4, "samples": 10}
    again = pd.read_csv(analysis.write_profile(frame, tmp_path / "profile.csv"))
    pd.testing.assert_frame_equal(again, frame, check_dtype=False)


def test_the_panels_hold_what_is_drawn():
    panels = {panel.title: panel for panel in profile_panels(Profile("skip", "mine", 4, 10, EnergyModel(), LAYERS))}
    assert panels["energy (nJ/sample)"].values == pytest.approx((4, 0, 2))
    assert panels["firing rate (%)"].values == (25, 50, 0)
    assert panels["parameters (thousands)"].values == pytest.approx((0.041, 0, 1.281))
    assert panels["time constant (steps)"].notes == ("1.70", "-", "2.00")
    assert panels["firing rate (%)"].notes == ("1 dead", "2 full", "20 dead")


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_picture_is_drawn(path, tmp_path, suffix):
    figure = analysis.plot_profile(path)
    assert [axes.get_xlabel() for axes in figure.axes][2] == "firing rate (%)"
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["stem.neuron1  4x8x8", "layers.0.max_pool  4x4x4", "head.neuron  20"]
    assert analysis.save(figure, tmp_path / f"profile.{suffix}").stat().st_size > 1000
