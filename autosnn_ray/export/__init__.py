"""Out to other simulators and to hardware: networks as NIR graphs, and the check that they still spike the same."""

from autosnn_ray.export.comparison import Comparison, compare
from autosnn_ray.export.from_nir import NirNetwork, read_nir
from autosnn_ray.export.to_nir import to_nir, write_nir

__all__ = ["Comparison", "NirNetwork", "compare", "read_nir", "to_nir", "write_nir"]
