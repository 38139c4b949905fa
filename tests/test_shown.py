"""Short reprs, and tables for notebooks."""

from __future__ import annotations

import dataclasses
import shutil
from html.parser import HTMLParser

import pytest

import autosnn_ray as asr
from autosnn_ray.runs.run import Retraining
from autosnn_ray.training import TrainSettings


def worth(problem, architecture):
    return {"accuracy": 0.5, "spikes": 100.0}


class Cells(HTMLParser):
    """Reads the table, and remembers every tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text += data + "\n"


@pytest.fixture(scope="module")
def values(tiny_space, tiny_problem, tiny_supernet, tmp_path_factory):
    home = tmp_path_factory.mktemp("home") / "<b>bold<b>"
    settings = TrainSettings(epochs=1, batch_size=500)
    trained = asr.train_from_scratch(tiny_problem, "skip/skip", settings=settings)
    return {
        "space": tiny_space,
        "problem": tiny_problem,
        "supernet": tiny_supernet,
        "run": asr.search(tiny_problem, worth, path=home / "run", candidates=3, executor=asr.Local()),
        "retraining": asr.retrain(
            tiny_problem, ["skip/skip"], path=home / "retrained", seeds=1, settings=settings, executor=asr.Local()
        ),
        "network": asr.TrainedNetwork.of(trained, tiny_problem.data, settings, 0),
    }


SEEN = {
    "space": ["tiny", "9"],
    "problem": ["tiny (9 architectures)", "digits (", "timesteps"],
    "supernet": ["tiny", "digits", "guessing: 10."],
    "run": ["3 of 3", "finished", "best", "test_shown:worth"],
    "retraining": ["1 of 1 networks", "skip/skip"],
    "network": ["skip/skip", "validation samples", "scratch"],
}


@pytest.mark.parametrize("name", SEEN)
def test_a_value_is_short_in_a_console_and_a_table_in_a_notebook(name, values):
    value = values[name]
    cells = Cells(value._repr_html_())
    assert len(repr(value)) < 500
    assert repr(value).startswith(f"{type(value).__name__}(")
    for text in SEEN[name]:
        assert text in repr(value)
        assert text in cells.text
    assert cells.tags == {"table", "caption", "tbody", "tr", "th", "td"}, "what comes from outside is text"


def test_names_from_outside_are_escaped(tiny_space):
    space = dataclasses.replace(tiny_space, name="<script>alert(1)</script>")
    assert "<script>" not in space._repr_html_()
    assert "<script>" in Cells(space._repr_html_()).text


def test_an_evaluator_with_a_supernet_is_short_too(tiny_supernet):
    assert len(repr(asr.SupernetPath(tiny_supernet))) < 500


def test_a_run_that_cannot_be_read_is_shown_with_the_reason(values, tmp_path):
    assert "is this the folder of a run" in repr(asr.Run(tmp_path))
    damaged = shutil.copytree(values["run"].path, tmp_path / "damaged")
    (damaged / "journal.jsonl").write_text("nonsense\nnonsense\n")
    assert "damaged" in repr(Retraining(damaged))
    assert "expected what `autosnn-ray reproduce` wrote" in repr(asr.Reproduction(tmp_path))
