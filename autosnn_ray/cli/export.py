"""Export a network for other simulators and for hardware, as a NIR file with batch norm folded.

The file is read back and run on validation samples: how far its spikes are the network's own is said at the end.
"""

from __future__ import annotations

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.options import number

AFTER_INTERRUPT = "Give the same command again."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("folder", type=str, help="folder of a supernet, or of a network trained alone")
    parser.add_argument("--nir", type=str, required=True, help="the NIR file to write")
    parser.add_argument("--architecture", type=str | None, default=None, help="the path of a supernet to export")
    parser.add_argument("--dt", type=number, default=1e-3, help="seconds a time step, for NIR's time constants")
    parser.add_argument("--samples", type=int | None, default=None, help="validation samples to check (default: all)")
    parser.add_argument(
        "--data-folder", type=str | None, default=None, help="where the data set's files are now, if they were moved"
    )


def run(options: Namespace) -> None:
    """Writes the file, reads it back and compares."""
    from autosnn_ray.cli.console import console
    from autosnn_ray.data import load_described
    from autosnn_ray.data.splits import check_count
    from autosnn_ray.export import compare, read_nir, write_nir
    from autosnn_ray.training import open_network

    opened = open_network(options.folder, options.architecture)
    validation = load_described(opened.data, options.data_folder).validation
    count = check_count("samples", options.samples, len(validation))
    path = write_nir(opened.network, Path(options.nir), dt=options.dt)
    console.print(f"written: {path}")
    found = compare(opened.network, read_nir(path), validation.head(count))
    console.print(
        f"read back and run on {found.samples} validation samples: {found.predictions} put into the same class; "
        f"{found.differing:,} of {found.spikes:,} spikes differ ({found.share:.4%})"
    )
    if found.differing:
        where = ", ".join(f"{name} {count:,}" for name, count in found.by_layer.items())
        console.print(
            f"by layer: {where}. Folding and the time constant in seconds round voltages anew; one that lies within "
            "the rounding of the threshold falls on its other side, and later layers pass that on"
        )
