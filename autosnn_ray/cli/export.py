"""Export a network: as a NIR file for other simulators and hardware, as a PyTorch program for deployment, or both.

Each file is read back and run on validation samples: how far it does as the network itself is said. A network that
was trained alone gets its model card (card.json, card.md) in its folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.options import number
from autosnn_ray.errors import InvalidInputError

if TYPE_CHECKING:
    from autosnn_ray.data import Split
    from autosnn_ray.spiking.network import SpikingNetwork

AFTER_INTERRUPT = "Give the same command again."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("folder", type=str, help="folder of a supernet, or of a network trained alone")
    parser.add_argument("--nir", type=str | None, default=None, help="the NIR file to write, batch norm folded")
    parser.add_argument(
        "--program", type=str | None, default=None, help="the program to write (.pt2), run by PyTorch alone"
    )
    parser.add_argument("--architecture", type=str | None, default=None, help="the path of a supernet to export")
    parser.add_argument("--dt", type=number, default=1e-3, help="seconds a time step, for NIR's time constants")
    parser.add_argument("--samples", type=int | None, default=None, help="validation samples to check (default: all)")
    parser.add_argument(
        "--data-folder", type=str | None, default=None, help="where the data set's files are now, if they were moved"
    )


def run(options: Namespace) -> None:
    """Writes the files, reads them back and compares."""
    from autosnn_ray.cli.console import console
    from autosnn_ray.data import load_described
    from autosnn_ray.data.splits import check_count
    from autosnn_ray.training import open_network, write_card

    if options.nir is None and options.program is None:
        raise InvalidInputError("nothing to write: give --nir FILE, --program FILE, or both")
    opened = open_network(options.folder, options.architecture)
    data = load_described(opened.data, options.data_folder)
    part = data.validation.head(check_count("samples", options.samples, len(data.validation)))
    if options.nir is not None:
        _export_nir(opened.network, options.nir, options.dt, part)
    if options.program is not None:
        _export_program(opened.network, options.program, part)
    if not opened.shared:
        write_card(options.folder, data)
        console.print(f"its model card: {options.folder}/card.md, card.json")


def _export_nir(network: SpikingNetwork, file: str, dt: float, part: Split) -> None:
    from autosnn_ray.cli.console import console
    from autosnn_ray.export import compare, read_nir, write_nir

    path = write_nir(network, file, dt=dt)
    console.print(f"written: {path}")
    found = compare(network, read_nir(path), part)
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


def _export_program(network: SpikingNetwork, file: str, part: Split) -> None:
    from autosnn_ray.cli.console import console
    from autosnn_ray.export import compare_program, write_program

    path = write_program(network, file)
    console.print(f"written: {path}")
    found = compare_program(network, path, part)
    console.print(
        f"read back and run on {found.samples} validation samples: {found.predictions} put into the same class; "
        f"votes differ by at most {found.votes:g}, the spikes of a sample by at most {found.spikes:g}"
    )
