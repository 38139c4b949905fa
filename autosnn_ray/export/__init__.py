"""Out to other simulators and to hardware: NIR graphs and PyTorch programs, and the check that they do the same."""

from autosnn_ray.export.clients import CLIENTS, Client
from autosnn_ray.export.comparison import Comparison, compare
from autosnn_ray.export.from_nir import NirNetwork, read_nir
from autosnn_ray.export.onnx_file import compare_onnx, to_onnx, write_onnx
from autosnn_ray.export.program import ProgramComparison, compare_program, to_program, write_program
from autosnn_ray.export.to_nir import fold, to_nir, write_nir

__all__ = [
    "CLIENTS",
    "Client",
    "Comparison",
    "NirNetwork",
    "ProgramComparison",
    "compare",
    "compare_onnx",
    "compare_program",
    "fold",
    "read_nir",
    "to_nir",
    "to_onnx",
    "to_program",
    "write_nir",
    "write_onnx",
    "write_program",
]
