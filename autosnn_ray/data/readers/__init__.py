"""Readers of the formats data sets are published in; none of them runs anything that stands in a file."""

from autosnn_ray.data.readers.samples import Samples, Source

__all__ = ["Samples", "Source"]
