"""Pictures beside each other, in axes of one's own, and what is written on them."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from searches import given, measured, scored, search

import analysis
import autosnn_ray as asr
from analysis.plots import architecture_parts
from analysis.plots.architecture import COLOURS, colour_of_family
from analysis.plots.progress import GENERATION, TOLD
from analysis.provenance import WAYS
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluators import EVALUATORS
from autosnn_ray.space import BLOCKS
from autosnn_ray.space.blocks import Block


@pytest.fixture(scope="module")
def runs(tiny_problem, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    evolved = search(
        tiny_problem,
        measured,
        folder / "a" / "search",
        algorithm=asr.AutoSNN(population=3, mutants=1, crossovers=1),
        candidates=9,
    )
    steady = search(
        tiny_problem, measured, folder / "b" / "search", algorithm=asr.SteadyState(population=3), candidates=9
    )
    return evolved, steady


def texts(figure: Figure) -> str:
    from matplotlib.text import Text

    return "\n".join(one.get_text() for one in figure.findobj(Text) if one.get_text())


@pytest.mark.parametrize("name", ["pareto", "progress", "architecture", "effects"])
def test_a_plot_draws_several_runs_in_the_axes_it_is_given(name, runs, tmp_path):
    figure = Figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    assert analysis.PLOTS[name](list(runs), ax=left) is figure
    assert analysis.PLOTS[name]({"one": runs[0], "two": runs[1]}, ax=right) is figure
    assert {"a/search", "b/search", "one", "two"} <= set(
        texts(figure).replace(",", "\n").replace(":", "\n").split("\n")
    )
    assert analysis.save(figure, tmp_path / "two.png").stat().st_size > 5000


@pytest.mark.parametrize("name", ["pareto", "progress", "architecture", "effects"])
def test_every_picture_says_by_which_evaluator_its_numbers_came_about(name, runs, tmp_path):
    said = texts(analysis.PLOTS[name](runs[0])).replace("\n", " ")
    assert "measured on 50 validation samples, by searches:measured, an evaluator of one's own" in said


def test_the_evaluators_have_words_for_what_they_measure_on():
    assert WAYS.keys() == EVALUATORS.keys()


@pytest.mark.parametrize(
    ("evaluator", "expected"),
    [
        ("training_free", "a score that estimates no accuracy, of untrained networks; spikes are theirs too"),
        (asr.TrainFromScratch(epochs=1), "measured on 360 validation samples, each trained from scratch for 1 epoch"),
        (given, "given, by searches:given, an evaluator of one's own, nothing known of the error"),
        (scored, "a score that estimates no accuracy, by searches:scored, an evaluator of one's own, nothing known of "
                 "the error"),
    ],
)  # fmt: skip
def test_provenance_in_words(evaluator, expected, tiny_problem, tmp_path):
    path = search(tiny_problem, evaluator, tmp_path / "run", candidates=1, algorithm=asr.RandomSearch())
    assert analysis.read(path).attrs["provenance"] == expected


def test_paths_of_a_supernet_are_called_so_where_choices_are_weighed(tiny_problem, tiny_supernet, tmp_path):
    path = search(tiny_problem, asr.SupernetPath(tiny_supernet), tmp_path / "run", candidates=6)
    expected = "measured on 360 validation samples, each a path of a supernet, none trained from scratch"
    assert analysis.read(path).attrs["provenance"] == expected
    assert expected in texts(analysis.plot_effects(path)).replace("\n", " ")


def test_a_steady_state_runs_progress_counts_candidates_and_a_generational_ones_generations(runs):
    evolved, steady = (analysis.progress_data(analysis.read(run)) for run in runs)
    assert (evolved.axis, steady.axis) == (GENERATION, TOLD)
    assert evolved.generations.tolist() == [0, 1, 2]
    assert steady.points[:, 0].tolist() == list(range(1, 10))
    assert analysis.plot_progress(runs[1]).axes[0].get_xlabel() == "candidates told"
    both = analysis.plot_progress(list(runs)).axes[0]
    assert both.get_xlabel() == "candidates told"
    assert len(both.collections[0].get_offsets()) == 9


def test_progress_of_a_search_without_a_fitness_is_that_of_its_first_objective(tiny_problem, tmp_path):
    path = search(tiny_problem, measured, tmp_path / "run", candidates=9, objectives=asr.Minimize("spikes"))
    data = analysis.progress_data(analysis.read(path), TOLD)
    assert (data.goal, data.falls) == ("spikes", True)
    assert data.best_so_far[-1] == analysis.read(path)["spikes"].min()


def test_what_lies_outside_is_counted_in_the_plural_where_it_is_one(runs):
    frame = analysis.read(runs[0])
    frame["accuracy"], frame["fitness"] = 0.9 + frame.index / 1000, 0.9 + frame.index / 1000
    frame.loc[0, ["accuracy", "fitness"]] = 0.1
    for figure in (
        analysis.draw_pareto(analysis.pareto_data(frame)),
        analysis.draw_progress(analysis.progress_data(frame)),
    ):
        assert "1 candidate below" in texts(figure).split("\n")


@pytest.mark.parametrize("name", ["pareto", "progress"])
@pytest.mark.parametrize("several", [False, True])
def test_neither_legend_nor_count_covers_a_point(name, several, runs):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = analysis.PLOTS[name](list(runs) if several else runs[0])
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    axes = figure.axes[0]
    inside = axes.get_window_extent()
    covering = [axes.get_legend(), *(text for text in axes.texts if "candidate" in text.get_text())]
    for artist in covering:
        assert not artist.get_window_extent(canvas.get_renderer()).overlaps(inside)


def test_a_block_of_ones_own_is_drawn_in_a_colour_of_its_own(monkeypatch):
    monkeypatch.setitem(BLOCKS, "dense_k3", Block("dense", "", "of one's own", kernel=3))
    monkeypatch.setitem(BLOCKS, "gated_k3", Block("gated", "", "another", kernel=3))
    own = {colour_of_family("dense"), colour_of_family("gated")}
    assert len(own) == 2
    assert not own & set(COLOURS.values())
    from autosnn_ray.space import SearchSpace

    layer = {"kind": "slot", "choices": ["dense_k3", "skip"]}
    space = SearchSpace.from_dict(
        {"name": "own", "stem": "static", "channels": 4, "in_channels": 1, "input_size": [8, 8], "head": "flatten",
         "voters": 2, "layers": [layer]}
    )  # fmt: skip
    figure = analysis.draw_architecture(architecture_parts(space, ("dense_k3",), {}))
    assert "dense\nk3" in texts(figure)


def test_a_plot_of_ones_own_is_saved_with_the_others(runs, monkeypatch, tmp_path):
    from autosnn_ray.cli.show import save_results

    def plot_mine(path):
        figure = Figure()
        figure.subplots().plot(analysis.read(path)["spikes"])
        return figure

    monkeypatch.setitem(analysis.PLOTS, "mine", plot_mine)
    assert tmp_path / "mine.png" in save_results(runs[0], tmp_path)


def test_a_notebook_shows_a_figure_without_pyplot(runs):
    assert analysis.plot_pareto(asr.Run(runs[0]))._repr_png_().startswith(b"\x89PNG")


def test_several_runs_are_one_frame(runs, tiny_problem, tmp_path):
    other = search(tiny_problem, given, tmp_path / "other", candidates=3)
    frame = analysis.compare([*runs, other])
    assert frame["run"].value_counts().to_dict() == {"a/search": 9, "b/search": 9, "other": 3}
    assert frame.columns[:3].tolist() == ["run", "index", "architecture"]
    assert frame["slot_0"].cat.categories.tolist() == ["skip", "scb_k3", "srb_k3"]
    assert frame.attrs["quality"] == "accuracy"
    assert frame.attrs["space"] == "tiny"
    assert "algorithm" not in frame.attrs, "it is not the same in all"
    assert frame.attrs["runs"]["b/search"]["algorithm"] == "steady_state"
    alone = analysis.front(analysis.read(runs[0]))
    assert analysis.front(frame[frame["run"] == "a/search"])["index"].tolist() == alone["index"].tolist()
    assert (frame.groupby("run")["fitness"].max() > 0).all()


def test_runs_that_weigh_different_things_have_no_front_in_common(runs, tiny_problem, tmp_path):
    other = search(
        tiny_problem, scored, tmp_path / "other", candidates=3, objectives=asr.SpikeAwareFitness(measure="score")
    )
    frame = analysis.compare({"accuracies": runs[0], "scores": other})
    assert np.isnan(frame.loc[frame["run"] == "scores", "accuracy"]).all()
    with pytest.raises(InvalidInputError, match="weigh different things"):
        analysis.front(frame)


@pytest.mark.parametrize("wrong", [[], {}])
def test_no_run_cannot_be_compared(wrong):
    with pytest.raises(InvalidInputError, match="at least one"):
        analysis.compare(wrong)


def test_a_run_twice_is_refused(runs):
    with pytest.raises(InvalidInputError, match="each once"):
        analysis.compare([runs[0], runs[0]])


@pytest.mark.parametrize("spikes", [0, 0.0, -1.0, float("nan"), float("inf")])
def test_a_reference_point_without_an_area_is_refused(spikes, runs):
    with pytest.raises(InvalidInputError, match="above 0 spikes/sample"):
        analysis.hypervolume(analysis.read(runs[0]), spikes=spikes)


def test_intervals_stay_within_what_a_quantity_can_be():
    from analysis.retraining import MEASURES, summarise_retraining

    rows = [
        {"network": "n", "architecture": "a", "seed": seed, "status": "done", "parameters": 1, "macs": 1,
         **dict.fromkeys(MEASURES, value)}
        for seed, value in enumerate((0.9, 0.98))
    ]  # fmt: skip
    import pandas as pd

    row = summarise_retraining(pd.DataFrame(rows)).iloc[0]
    assert row["seeds"] == 2
    assert (row["test_accuracy_low"], row["test_accuracy_high"]) == (pytest.approx(0.4318, abs=1e-3), 1.0)
    frame = pd.DataFrame(rows).assign(spikes=[3.0, 8.0], test_spikes=[3.0, 8.0])
    assert summarise_retraining(frame).iloc[0]["test_spikes_low"] == 0.0, "it was -26.3"
