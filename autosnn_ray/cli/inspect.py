"""Look into a network, layer by layer: what it costs, how it fires, which channels do nothing.

Measured on validation samples. Of a supernet, say which path with --architecture. Energy is an estimate by the
field's 45 nm figures, without data movement. A model card whose profile an older version measured wrongly (it missed
layers of colour and event networks) is measured and written anew.
"""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.options import add_energy_options, energy_model
from autosnn_ray.cli.tables import Column, Output, Table, add_format_option, chosen_format, write_tables

if TYPE_CHECKING:
    from autosnn_ray.data import Dataset, Split
    from autosnn_ray.profiles import LayerProfile, Profile
    from autosnn_ray.spiking.network import SpikingNetwork

EXAMPLE = "autosnn-ray inspect supernet --architecture srb_k5/skip/scb_k3/srb_k3/skip"
AFTER_INTERRUPT = "Nothing was changed."
_PICO = 1e-12


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("folder", type=str, help="folder of a supernet, or of a network trained alone")
    parser.add_argument("--architecture", type=str | None, default=None, help="the path of a supernet to look into")
    parser.add_argument("--samples", type=int | None, default=None, help="validation samples to look at (default: all)")
    parser.add_argument(
        "--data-folder", type=str | None, default=None, help="where the data set's files are now, if they were moved"
    )
    add_energy_options(parser)
    add_format_option(parser)
    parser.add_argument(
        "--save",
        type=str | None,
        default=None,
        help="folder for profile.json, .csv and .png, and for the confusion matrix as .csv and .png",
    )


def run(options: Namespace) -> None:
    """Prints the profile of a network, and saves it where asked."""
    from autosnn_ray.cli.console import say_written
    from autosnn_ray.data import load_described
    from autosnn_ray.data.splits import check_count
    from autosnn_ray.evaluation import profile
    from autosnn_ray.training import has_outdated_card, open_network, write_card

    form = chosen_format(options)
    opened = open_network(options.folder, options.architecture)
    data = load_described(opened.data, options.data_folder)
    check_count("samples", options.samples, len(data.validation))
    part = data.validation.spread(options.samples)
    found = profile(opened.network, part, energy_model=energy_model(options))
    if form == "table":
        _print(found, opened.shared)
    else:
        write_tables(_records(found, opened.shared), form)
    if options.save:
        folder = Path(options.save)
        files = [*_save(found, folder), *_save_confusion(opened.network, data, part, folder)]
        if form == "table":
            say_written(files)
    if not opened.shared and has_outdated_card(options.folder):
        write_card(options.folder, data)
        print(
            "autosnn-ray: note: the model card had costs of an older version, which missed layers: written anew, "
            f"{options.folder}/card.md",
            file=sys.stderr,
        )


def _records(found: Profile, shared: bool) -> Output:
    """Returns a profile for other programs: a record a layer, and what holds for the whole network."""
    from autosnn_ray.profiles import LayerProfile

    about = {name: value for name, value in found.to_dict().items() if name not in ("format", "layers")}
    about |= {
        "shared_weights": shared,
        "synaptic_operations": found.synaptic_operations,
        "activation_sparsity": found.sparsity,
        **{name: found.total(name) for name in ("parameters", "macs", "effective_macs", "spikes", "energy")},
    }
    columns = [Column(field.name) for field in fields(LayerProfile)]
    return Output([Table("layers", columns, [asdict(layer) for layer in found.layers])], about)


def _print(found: Profile, shared: bool) -> None:
    from autosnn_ray.cli.console import console, print_rows

    weights = "weights shared in its supernet" if shared else "trained alone"
    console.print(f"{found.architecture or found.space} ({weights}), T={found.timesteps}, {found.samples} samples")
    rows = [
        [_short(layer.name), "x".join(map(str, layer.shape)), f"{layer.parameters:,}", f"{layer.macs:,}",
         "-" if layer.tau is None else f"{layer.tau:.2f}"]
        for layer in found.layers
    ]  # fmt: skip
    rows.append(["all", "", f"{found.total('parameters'):,.0f}", f"{found.total('macs'):,.0f}", ""])
    print_rows(["layer", "shape", "parameters", "MACs/sample", "tau"], rows, numbers_from=2)
    rows = [
        [_short(layer.name), f"{layer.rate:.1%}", f"{layer.spikes:,.0f}", _some(layer.dead, layer),
         _some(layer.saturated, layer), f"{'MAC ' if layer.real_input else ''}{layer.operations:,.0f}",
         f"{layer.energy * 1e9:,.2f}"]
        for layer in found.layers
    ]  # fmt: skip
    rows.append(
        ["all", "", f"{found.total('spikes'):,.0f}", "", "", f"{found.total('operations'):,.0f}",
         f"{found.total('energy') * 1e9:,.2f}"]
    )  # fmt: skip
    print_rows(["layer", "rate", "spikes", "dead", "full", "operations", "nJ"], rows, numbers_from=1)
    console.print(
        "of one sample; rate: spikes per neuron and time step; dead: channels that never fired; full: that nearly "
        f"always did;\noperations: synaptic operations, or multiply-accumulates (MAC) where the input is real; nJ: at "
        f"{found.energy_model.multiply_accumulate / _PICO:g} pJ a MAC and {found.energy_model.accumulate / _PICO:g} pJ "
        f"an accumulate;\nas NeuroBench defines them: {found.neurobench}"
    )


def _short(name: str) -> str:
    """Leaves out what all layers between stem and head begin with, so that tables fit."""
    return name.removeprefix("layers.")


def _some(channels: int, layer: LayerProfile) -> str:
    return f"{channels}/{layer.channels}" if channels else ""


def _save(found: Profile, folder: Path) -> list[Path]:
    from autosnn_ray.own_packages import analysis

    written = found.save(folder / "profile.json")
    return [
        written,
        analysis.write_profile(analysis.read_profile(written), folder / "profile.csv"),
        analysis.save(analysis.plot_profile(written), folder / "profile.png"),
    ]


def _save_confusion(network: SpikingNetwork, data: Dataset, part: Split, folder: Path) -> list[Path]:
    from autosnn_ray.evaluation import confusion_matrix
    from autosnn_ray.files import write_atomically
    from autosnn_ray.own_packages import analysis

    counts = confusion_matrix(network, part)
    names = data.class_names or tuple(str(number) for number in range(data.classes))
    table = folder / "confusion.csv"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([["class", *names], *([name, *row] for name, row in zip(names, counts.tolist(), strict=True))])
    write_atomically(table, text.getvalue().encode())
    figure = analysis.plot_confusion(counts, names, f"{data.name}, validation samples")
    return [table, analysis.save(figure, folder / "confusion.png")]
