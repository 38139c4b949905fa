"""Plots: their data exactly, their figures by what is on them."""

from __future__ import annotations

import subprocess
import sys

import matplotlib.image
import numpy as np
import pytest
from make_run import write_events, write_search
from matplotlib.figure import Figure

import analysis
import search_spaces
from analysis.plots.architecture import architecture_parts
from analysis.plots.pareto import draw_pareto, pareto_data
from analysis.plots.progress import progress_data
from autosnn_ray.errors import InvalidInputError


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_search(tmp_path_factory.mktemp("run") / "search", outliers=3)


@pytest.mark.parametrize("name", analysis.PLOTS)
@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_every_plot_is_drawn_in_every_format(name, suffix, path, tmp_path):
    file = analysis.save(analysis.PLOTS[name](path), tmp_path / f"{name}.{suffix}")
    assert file.stat().st_size > 5000
    if suffix == "png":
        image = matplotlib.image.imread(file)
        width = image.shape[1]
        assert width > 1000, f"{name} is {width} pixels wide: more than 1,000 look sharp; make its figure wider"
        assert float(image[..., :3].std()) > 0.02, "the picture is blank"


@pytest.mark.parametrize("name", ["pareto", "progress"])
@pytest.mark.parametrize("outcomes", [[], [None], ["failed"], [(0.5, 10.0)], [(0.5, 10.0), (0.5, 10.0)]])
def test_plots_of_runs_with_next_to_nothing(name, outcomes, tmp_path):
    figure = analysis.PLOTS[name](write_events(tmp_path, outcomes))
    assert isinstance(figure, Figure)
    analysis.save(figure, tmp_path / "plot.png")


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(InvalidInputError, match=r"\.png, \.svg, \.pdf"):
        analysis.save(Figure(), tmp_path / "plot.gif")


def test_the_paretos_data_is_the_frames(path):
    frame = analysis.read(path)
    data = pareto_data(frame)
    front = analysis.front(frame)
    chosen = analysis.choose(frame)
    assert data.spikes.tolist() == frame.spikes.tolist()
    assert data.front_spikes.tolist() == front.spikes.tolist()
    assert data.chosen == (chosen.spikes, chosen.accuracy, chosen.architecture)
    assert (np.diff(data.front_spikes) >= 0).all()
    assert (np.diff(data.front_accuracy) >= 0).all()


def test_the_pareto_marks_the_chosen_and_counts_what_it_hides(path):
    figure = draw_pareto(pareto_data(analysis.read(path)))
    axes = figure.axes[0]
    chosen = analysis.choose(analysis.read(path))
    (star,) = [line for line in axes.lines if line.get_marker() == "*"]
    assert star.get_xydata().tolist() == [[chosen.spikes, chosen.accuracy]]
    texts = [text.get_text() for text in axes.texts]
    assert chosen.architecture in texts
    assert "3 candidates below" in texts
    assert axes.get_ylim()[0] > 0.5, "three outliers must not squash the cloud"
    assert len(axes.collections[0].get_offsets()) == 400
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert {"candidates", "front", "chosen: highest fitness"} <= set(labels)


def test_the_progress_data_by_hand(tmp_path):
    path = write_events(tmp_path, [(0.5, 6000.0), (0.7, 6000.0), (0.6, 6000.0), "failed", (0.9, 6000.0), (0.2, 6000.0)])
    data = progress_data(analysis.read(path))
    assert data.generations.tolist() == [0, 1, 2]
    assert data.best_so_far == pytest.approx([0.7, 0.7, 0.9])
    assert data.median == pytest.approx([0.6, 0.6, 0.55])
    assert data.low == pytest.approx([0.55, 0.6, 0.375])
    assert data.points.shape == (5, 2)


@pytest.mark.parametrize("name", search_spaces.names())
def test_every_space_can_be_drawn(name):
    space = search_spaces.load(name)
    parts = architecture_parts(space, space.at(space.size - 1), {})
    assert len(parts) == len(space.layers) + 2
    assert sum(part.is_slot for part in parts) == len(space.slots)
    assert parts[-2].size == space.feature_size
    assert isinstance(analysis.plots.architecture.draw_architecture(parts), Figure)


def test_an_architectures_parts_carry_their_spikes():
    space = search_spaces.load("digits_16")
    spikes = {"stem.neuron1": 9.0, "layers.0.srb_k5.neuron1": 1.0, "layers.0.srb_k5.neuron2": 2.0, "head.neuron": 4.0}
    parts = architecture_parts(space, ("srb_k5", "skip", "skip", "skip", "skip"), spikes)
    assert [part.spikes for part in parts] == [9.0, 3.0, 0, 0, 0, 0, 0, 0, 0, 4.0]
    assert (parts[1].family, parts[1].kernel, parts[1].channels, parts[1].size) == ("srb", 5, 16, (8, 8))
    assert (parts[2].family, parts[2].size) == ("max_pool", (4, 4))


def test_no_window_system_and_no_global_figure_is_used(path):
    code = (
        "import sys, analysis\nfor plot in analysis.PLOTS.values(): plot(sys.argv[1])\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
