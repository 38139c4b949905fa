"""Norse without its plots: they are there all the same, and the whole of Norse is where it was."""

import subprocess
import sys

import pytest

IMPORTED_LATER = """
import sys
import autosnn_ray.spiking
heavy = {"matplotlib", "tensorboard", "h5py"} & set(sys.modules)
assert not heavy, heavy
import norse.torch, torch
axes = norse.torch.plot_spikes_2d(torch.eye(3))
assert type(axes).__name__ == "Axes", axes
import matplotlib.pyplot
assert axes.figure is matplotlib.pyplot.gcf()
layers = norse.torch.SequentialState(torch.nn.Linear(2, 2), norse.torch.LIFBoxCell())
graph = norse.torch.to_nir(layers, torch.ones(1, 2))
assert len(graph.nodes) >= 2, graph
from norse.torch.utils.plot.plot import plot_spikes_2d
assert plot_spikes_2d.__code__.co_filename.endswith("plot.py")
assert {"plot_spikes_2d", "hook_spike_image", "from_nir"} <= set(dir(norse.torch))
"""

IMPORTED_BEFORE = """
import norse.torch
given = norse.torch.plot_spikes_2d, norse.torch.to_nir
import autosnn_ray.spiking
assert (norse.torch.plot_spikes_2d, norse.torch.to_nir) == given
"""


@pytest.mark.parametrize("script", [IMPORTED_LATER, IMPORTED_BEFORE], ids=["later", "before"])
def test_norses_plots_and_files_are_imported_when_used(script):
    subprocess.run([sys.executable, "-c", script], check=True)
