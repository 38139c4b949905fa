"""The heat map of MAP-Elites: its numbers are those of the run, and it can be drawn of any run."""

from __future__ import annotations

import numpy as np
import pytest

import analysis
import autosnn_ray as asr
from autosnn_ray.cli.main import main
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.objectives import Grid
from tests.algorithms.test_map_elites import SPACE, landscape

OF = landscape(2)
GOAL = asr.Goal((asr.Maximize("accuracy"),), (asr.Constraint("spikes", at_most=1150.0),))


def numbers(problem, architecture):
    if architecture[-1] == "skip":
        raise RuntimeError("does not run")
    found = OF(architecture)
    return {name: found[name] for name in found if name != "parameters"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    problem, folder = asr.Problem(SPACE, asr.load_dataset("digits")), tmp_path_factory.mktemp("runs")
    algorithms = {"elites": asr.MapElites(cells=(8, 6), initial=30), "chance": asr.RandomSearch()}
    for name, algorithm in algorithms.items():
        asr.search(
            problem, numbers, path=folder / name, algorithm=algorithm, objectives=GOAL, candidates=120,
            executor=asr.Local(),
        )  # fmt: skip
    return folder


def test_it_shows_the_best_feasible_of_each_cell(runs):
    data = analysis.cells_data(runs / "elites")
    frame = analysis.read(runs / "elites").sort_values("told")
    done = frame[frame["status"] == "done"]
    assert (frame["status"] == "failed").any()
    first = done[["spikes", "parameters"]].head(30).to_numpy()
    assert data.grid == Grid.of(("spikes", "parameters"), (8, 6), sample=first.tolist())
    assert data.best.shape == (6, 8)
    assert data.infeasible.any()
    for (row, column), best in np.ndenumerate(data.best):
        cells = [data.grid.cell(one) for one in done[["spikes", "parameters"]].to_numpy()]
        inside = done[[cell == (column, row) for cell in cells]]
        feasible = inside[inside["feasible"]]
        assert np.isnan(best) if feasible.empty else best == feasible["accuracy"].max()
        assert data.infeasible[row, column] == (feasible.empty and not inside.empty)


def test_it_is_drawn_of_any_run_and_any_two_measures(runs):
    figure = analysis.plot_cells({"ours": runs / "elites", "chance": runs / "chance"})
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert any(title.startswith("chance: ") and "of 100 cells filled" in title for title in titles)
    data = analysis.cells_data(runs / "chance", ("spikes", "accuracy"), (5, 4))
    axes = analysis.draw_cells(data).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("spikes per sample", "validation accuracy")
    assert axes.get_xscale() == "log"
    with pytest.raises(InvalidInputError, match="unknown measure 'latency'"):
        analysis.cells_data(runs / "chance", ("spikes", "latency"))


def test_show_saves_it_of_runs_of_map_elites_alone(runs, tmp_path, capsys):
    for name in ("elites", "chance"):
        assert main(["show", str(runs / name), "--save", str(tmp_path / name)]) == 0
    assert (tmp_path / "elites" / "cells.png").stat().st_size > 10_000
    assert not (tmp_path / "chance" / "cells.png").exists()
