"""Training with activations of lower precision: it learns, and weights and files are as ever."""

from __future__ import annotations

import torch

from autosnn_ray.spiking import neurons
from autosnn_ray.training import Supernet, TrainSettings, train_supernet


def test_a_supernet_learns_in_bfloat16(tiny_problem, tmp_path, monkeypatch):
    seen, fused = set(), neurons.fused_neuron

    def noted(x, *arguments, **named):
        seen.add(x.dtype)
        return fused(x, *arguments, **named)

    monkeypatch.setattr(neurons, "fused_neuron", noted)
    settings = TrainSettings(epochs=3, batch_size=32, learning_rate=2e-2, precision="bfloat16")
    supernet = train_supernet(tiny_problem, settings=settings)
    assert torch.bfloat16 in seen
    assert supernet.paths.better_than_chance
    assert {weight.dtype for weight in supernet.network.parameters()} == {torch.float32}
    loaded = Supernet.load(supernet.save(tmp_path))
    assert loaded.training.precision == "bfloat16"
