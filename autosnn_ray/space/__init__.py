"""Search spaces and architectures: which blocks may stand where. Needs neither torch nor ray."""

from autosnn_ray.space.additive import AdditiveModel
from autosnn_ray.space.architecture import Architecture, format_architecture
from autosnn_ray.space.blocks import BLOCKS, Block, find_block
from autosnn_ray.space.layers import HEADS, STEMS, Layer
from autosnn_ray.space.rank_model import RankModel
from autosnn_ray.space.space import SearchSpace

__all__ = [
    "BLOCKS",
    "HEADS",
    "STEMS",
    "AdditiveModel",
    "Architecture",
    "Block",
    "Layer",
    "RankModel",
    "SearchSpace",
    "find_block",
    "format_architecture",
]
