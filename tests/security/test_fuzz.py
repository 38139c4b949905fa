"""Whatever stands in the files that a run reads, only the toolkit's own errors come out, and nothing is run."""

from __future__ import annotations

import contextlib
import json
import pickle
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
import autosnn_ray as asr
import search_spaces
from autosnn_ray.algorithms import ALGORITHMS, algorithm_from_dict
from autosnn_ray.cli.main import main
from autosnn_ray.errors import AutoSNNError, CheckpointError
from autosnn_ray.journal import Journal
from autosnn_ray.space import SearchSpace

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=12),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=8,
)


def edited(entries, draw):
    """A copy of nested entries with one of them replaced, removed, or joined by a stranger."""
    copy = json.loads(json.dumps(entries))
    place = copy
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and place[key] and draw(st.booleans()):
            place = place[key]
            continue
        if draw(st.integers(0, 3)) == 0:
            del place[key]
        else:
            place[key] = draw(values)
        break
    if isinstance(place, dict) and draw(st.integers(0, 5)) == 0:
        place[draw(st.text(max_size=8))] = draw(values)
    return copy


@settings(max_examples=300)
@given(data=st.data())
def test_spaces(data):
    entries = edited(search_spaces.load("digits_16").to_dict(), data.draw)
    with contextlib.suppress(AutoSNNError):
        assert SearchSpace.from_dict(entries).size >= 1


@settings(max_examples=200)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_space_files(content):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mine.toml"
        path.write_bytes(content)
        with contextlib.suppress(AutoSNNError):
            search_spaces.load(path)


@pytest.mark.parametrize("name", ALGORITHMS)
@settings(max_examples=60)
@given(data=st.data())
def test_algorithms(name, data):
    with contextlib.suppress(AutoSNNError):
        algorithm = algorithm_from_dict(edited(ALGORITHMS[name]().to_dict(), data.draw))
        algorithm.start(search_spaces.load("digits_16"), 3, asr.SpikeAwareFitness(1.0)).ask()


@pytest.fixture(scope="module")
def config(tiny_problem, tiny_supernet, tiny_supernet_folder):
    """What `search` writes at the start of a run."""
    from autosnn_ray.runs.plan import Plan

    goal = asr.Goal((asr.SpikeAwareFitness(1000.0),), (asr.Constraint("parameters", at_most=50_000),))
    plan = Plan(tiny_problem, asr.SupernetPath(tiny_supernet), asr.AutoSNN(), 5, goal)
    config = plan.config() | {"executor": asr.Ray().to_dict()}
    config["evaluator"]["supernet"] |= {"folder": str(tiny_supernet_folder), "beside": "../supernet"}
    return config


def test_the_journal_that_is_fuzzed_is_a_good_one(config, digits, tmp_path):
    from autosnn_ray.runs.plan import plan_of

    found = plan_of(tmp_path, config, data=digits).config()
    found["evaluator"]["supernet"] |= config["evaluator"]["supernet"]
    assert found | config == config


def of_a_predictor(config):
    """The same start by other means: what the sample taught stands in the journal, and the algorithm has a picture."""
    fitted = {"architectures": ["skip/skip", "srb_k3/skip"], "epochs": 2, "paths": False, "accuracy": {}, "spikes": {}}
    evaluator = {"name": "predictor", "settings": {"fitted": fitted}}
    return {**config, "evaluator": evaluator, "algorithm": asr.MapElites().to_dict()}


@pytest.mark.parametrize("kind", ["path", "predictor"])
@settings(max_examples=80)
@given(data=st.data())
def test_journals(config, digits, kind, data):
    """A start with a wrong entry, well signed; what resuming reads of it before anything runs, frame, picture."""
    from autosnn_ray.runs.executors import executor_from_dict
    from autosnn_ray.runs.plan import plan_of

    good = config if kind == "path" else of_a_predictor(config)
    changed = json.loads(json.dumps(edited(good, data.draw)), parse_constant=lambda _: None)
    with TemporaryDirectory() as folder:
        run = Path(folder)
        with contextlib.suppress(AutoSNNError), Journal.create(run) as journal:
            journal.write("start", config=changed)
        for reads in (analysis.read, analysis.cells_data):
            with contextlib.suppress(AutoSNNError):
                reads(run)
        with contextlib.suppress(AutoSNNError):
            plan = plan_of(run, analysis.read_config(run), data=digits)
            executor_from_dict(changed.get("executor", {}))
            plan.start()


@settings(max_examples=100)
@given(data=st.data())
def test_supernet_descriptions(tiny_supernet_folder, data):
    description = json.loads((tiny_supernet_folder / "supernet.json").read_text())
    with TemporaryDirectory() as folder:
        shutil.copy(tiny_supernet_folder / "supernet.safetensors", folder)
        (Path(folder) / "supernet.json").write_text(json.dumps(edited(description, data.draw)))
        with contextlib.suppress(AutoSNNError):
            asr.Supernet.load(folder)


@settings(max_examples=150)
@given(position=st.integers(0, 2**20), replacement=st.binary(min_size=1, max_size=9))
def test_supernet_weights(tiny_supernet_folder, position, replacement):
    """Signed anew, so that the checksum does not stop it."""
    import hashlib

    description = json.loads((tiny_supernet_folder / "supernet.json").read_text())
    content = (tiny_supernet_folder / "supernet.safetensors").read_bytes()
    place = position % len(content) if position % 2 else position % 2000
    content = content[:place] + replacement + content[place + len(replacement) :]
    description["weights"]["sha256"] = hashlib.sha256(content).hexdigest()
    with TemporaryDirectory() as folder:
        (Path(folder) / "supernet.safetensors").write_bytes(content)
        (Path(folder) / "supernet.json").write_text(json.dumps(description))
        with contextlib.suppress(AutoSNNError):
            asr.Supernet.load(folder)


class Bomb:
    """Unpickling it leaves a trace."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["supernet.safetensors", "supernet.json"])
def test_a_pickle_in_a_files_place_is_never_opened(tiny_supernet_folder, tmp_path, name):
    import hashlib

    folder, trace = shutil.copytree(tiny_supernet_folder, tmp_path / "supernet"), tmp_path / "trace"
    content = pickle.dumps(Bomb(trace))
    (folder / name).write_bytes(content)
    if name == "supernet.safetensors":
        description = json.loads((folder / "supernet.json").read_text())
        description["weights"]["sha256"] = hashlib.sha256(content).hexdigest()
        (folder / "supernet.json").write_text(json.dumps(description))
    with pytest.raises(CheckpointError):
        asr.Supernet.load(folder)
    assert not trace.exists()
    pickle.loads(content)  # noqa: S301 - the bomb does go off where somebody unpickles it
    assert trace.exists()


@settings(max_examples=100)
@given(content=st.text(max_size=120), suffix=st.sampled_from(["yaml", "toml"]))
def test_option_files(content, suffix):
    """One line and a status, never a traceback."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"options.{suffix}"
        path.write_text(content, encoding="utf-8", errors="replace")
        status = main(["spaces", "no-such-space", "--config", str(path)])
    assert status in (1, 2)
