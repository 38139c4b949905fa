"""A network's profile as a pandas frame."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from autosnn_ray.files import write_atomically
from autosnn_ray.profiles import Profile


def read_profile(path: str | Path) -> pd.DataFrame:
    """Reads a profile as a frame, one row a layer, from stem to head.

    Columns are the attributes of ``autosnn_ray.profiles.LayerProfile``: ``name``, ``shape`` (a text, ``16x8x8``),
    ``parameters``, ``rate``, ``macs``, ``spikes`` and ``operations`` (a sample), ``dead`` and
    ``saturated`` (channels), ``tau`` (time steps), ``real_input``, ``energy`` (joules a sample). ``frame.attrs`` names
    architecture, space, timesteps and samples.

    Args:
        path: The JSON file that ``autosnn-ray inspect --save`` wrote.

    Raises:
        InvalidInputError: No such file, or no profile.
    """
    profile = Profile.load(path)
    rows = [{**asdict(layer), "shape": "x".join(map(str, layer.shape))} for layer in profile.layers]
    frame = pd.DataFrame(rows).astype({"tau": "float64"})
    frame.attrs.update(
        architecture=profile.architecture, space=profile.space, timesteps=profile.timesteps, samples=profile.samples
    )
    return frame


def write_profile(frame: pd.DataFrame, path: str | Path) -> Path:
    """Writes a profile's frame as CSV."""
    path = Path(path)
    write_atomically(path, frame.to_csv(index=False).encode())
    return path
