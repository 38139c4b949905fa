"""A study on Ray: one session for all its runs, with the runtime environment and the room that they need."""

from __future__ import annotations

from dataclasses import replace

import pytest
import ray

import autosnn_ray as asr
from autosnn_ray.cluster.prefix_index import STORE_BYTES
from tests.runs.evaluators import Placed

pytestmark = pytest.mark.ray

MORE = 100_000_000


class Counted:
    """A Ray that counts how often it is opened, and is asked for more room, as if data were large."""

    def __init__(self, **settings) -> None:
        self.ray, self.sizes = asr.Ray(**settings), []

    def open(self, size_bytes: int = 0):
        self.sizes.append(size_bytes)
        return self.ray.open(size_bytes + MORE)

    def check(self, evaluator, goal):
        self.ray.check(evaluator, goal)

    def to_dict(self):
        return self.ray.to_dict()


@pytest.mark.slow
def test_a_study_has_its_runtime_environment_and_room_for_its_data_and_opens_ray_once(tiny_problem, tmp_path):
    problem = replace(tiny_problem, data=replace(tiny_problem.data, train=tiny_problem.data.train.head(32)))
    notes, room = tmp_path / "notes", []
    notes.mkdir()
    executor = Counted(num_cpus=2, runtime_env={"env_vars": {"BENCH": "seven"}})

    def on_run(title, candidates):
        return lambda *_: room.append(ray.cluster_resources()["object_store_memory"])

    asr.fidelity(
        problem, [Placed(str(notes), 0.0)], path=tmp_path / "study", sample=5, epochs=1, on_run=on_run,
        executor=executor,
    )  # fmt: skip
    assert [note.name.split("-")[1] for note in notes.iterdir()] == ["seven"] * 5
    for run in ("ground_truth/seed_0", "ground_truth/seed_1"):
        assert (asr.Run(tmp_path / "study" / run).frame().status == "done").all()
    (size,) = executor.sizes
    assert size == 3 * problem.without_test().data.size_bytes
    assert len(room) == 15
    assert min(room) >= 300 * 2**20 + 2 * (size + MORE + STORE_BYTES)
    assert not ray.is_initialized()
