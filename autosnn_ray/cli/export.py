"""Export a network: as a NIR file for other simulators and hardware, as a PyTorch program or an ONNX file to deploy.

Each file is read back and run on validation samples: how far it does as the network itself is said. A network that
was trained alone gets its model card (card.json, card.md) in its folder. A run is written as a study of Optuna's, for
its plots and its dashboard.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.options import amount
from autosnn_ray.cli.tables import Column, Output, Table, add_format_option, chosen_format, said_beside, write_tables
from autosnn_ray.errors import InvalidInputError

if TYPE_CHECKING:
    from autosnn_ray.data import Split
    from autosnn_ray.export import ProgramComparison
    from autosnn_ray.spiking.network import SpikingNetwork

EXAMPLE = """autosnn-ray export network --nir network.nir --program network.pt2
  autosnn-ray export runs/first --optuna study.log"""
AFTER_INTERRUPT = "Give the same command again."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("folder", type=str, help="folder of a supernet, of a network trained alone, or of a run")
    parser.add_argument("--nir", type=str | None, default=None, help="the NIR file to write, batch norm folded")
    parser.add_argument(
        "--program", type=str | None, default=None, help="the program to write (.pt2), run by PyTorch alone"
    )
    parser.add_argument("--onnx", type=str | None, default=None, help="the ONNX file to write, for any runtime of ONNX")
    parser.add_argument(
        "--optuna", type=str | None, default=None, help="the study to write of a run, in Optuna's journal format"
    )
    parser.add_argument(
        "--nir-for",
        type=str | None,
        default=None,
        help="write the NIR file for one importer: spikingjelly, snntorch, norse or nirtorch (docs/clients.md)",
    )
    parser.add_argument("--architecture", type=str | None, default=None, help="the path of a supernet to export")
    parser.add_argument(
        "--dt",
        type=amount,
        default=None,
        help="seconds a time step, for NIR's time constants (default: 0.001, or the client's)",
    )
    add_format_option(parser)
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

    form = chosen_format(options)
    networks = [name for name in ("nir", "program", "onnx") if options[name] is not None]
    if options.optuna is not None:
        if networks:
            raise InvalidInputError(f"--optuna: it is of a run, and --{networks[0]} of a network; give them one by one")
        _export_optuna(options.folder, options.optuna, form)
        return
    if not networks:
        raise InvalidInputError(
            "nothing to write: give --nir FILE, --program FILE, --onnx FILE, or several; of a run, --optuna FILE"
        )
    for name in ("nir_for", "dt"):
        if options.nir is None and options[name] is not None:
            raise InvalidInputError(f"--{name.replace('_', '-')}: it is about --nir FILE, which is not given")
    opened = open_network(options.folder, options.architecture)
    data = load_described(opened.data, options.data_folder)
    check_count("samples", options.samples, len(data.validation))
    part = data.validation.spread(options.samples)
    records, card = [], None
    with said_beside(form):
        if options.nir is not None:
            records.append(_export_nir(opened.network, options, part))
        if options.program is not None:
            records.append(_export_program(opened.network, options.program, part))
        if options.onnx is not None:
            records.append(_export_onnx(opened.network, options.onnx, part))
        if not opened.shared:
            write_card(options.folder, data)
            card = str(Path(options.folder) / "card.json")
            console.print(f"its model card: {options.folder}/card.md, card.json")
    if form != "table":
        columns = [Column(key) for key in records[0]]
        write_tables(Output([Table("files", columns, records)], {"samples": len(part), "card": card}), form)


def _export_optuna(folder: str, file: str, form: str) -> None:
    from autosnn_ray.cli.console import console, say_written
    from autosnn_ray.runs.optuna_study import to_optuna

    with said_beside(form):
        study = to_optuna(folder, file)
        trials = study.get_trials(deepcopy=False)
        failed = sum(not trial.values for trial in trials)
        say_written([Path(file)])
        console.print(
            f"study {study.study_name}: {len(trials)} trials, {failed} of them failed; look at it with: "
            f"optuna-dashboard {shlex.quote(file)} (pip install optuna-dashboard)"
        )
    if form != "table":
        record = {"file": file, "study": study.study_name, "trials": len(trials), "failed": failed}
        write_tables(Output([Table("files", [Column(key) for key in record], [record])]), form)


def _export_nir(network: SpikingNetwork, options: Namespace, part: Split) -> dict[str, Any]:
    from autosnn_ray.cli.console import console
    from autosnn_ray.export import CLIENTS, compare, read_nir, write_nir

    path = write_nir(network, options.nir, dt=options.dt, client=options.nir_for)
    read = read_nir(path)
    quoted = shlex.quote(str(path))
    if options.nir_for:
        client = CLIENTS[options.nir_for]
        call = client.load.format(file=str(path), dt=read.dt)
        console.print(
            f"written for {client.title}: {quoted}, {read.dt:g} s a step. It is read by {call} (docs/clients.md)"
        )
    else:
        console.print(
            f"written: {quoted}, {read.dt:g} s a step. A client must be given this dt: SpikingJelly assumes 0.0001 s "
            "unless told, snnTorch always, and none reads it in the file; --nir-for CLIENT writes for one of them"
        )
    found = compare(network, read, part)
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
    return {
        "format": "nir",
        "file": str(path),
        "client": options.nir_for,
        "dt": read.dt,
        "same_class": found.predictions,
        "spikes": found.spikes,
        "differing_spikes": found.differing,
    }


def _export_program(network: SpikingNetwork, file: str, part: Split) -> dict[str, Any]:
    from autosnn_ray.export import compare_program, write_program

    path = write_program(network, file, over_time=part.x.ndim == 5)
    return _say("program", path, compare_program(network, path, part))


def _export_onnx(network: SpikingNetwork, file: str, part: Split) -> dict[str, Any]:
    from autosnn_ray.export import compare_onnx, write_onnx

    path = write_onnx(network, file, over_time=part.x.ndim == 5)
    return _say("onnx", path, compare_onnx(network, path, part))


def _say(form: str, path: Path, found: ProgramComparison) -> dict[str, Any]:
    from autosnn_ray.cli.console import console, say_written

    say_written([path])
    console.print(
        f"read back and run on {found.samples} validation samples: {found.predictions} put into the same class; "
        f"votes differ by at most {found.votes:g}, the spikes of a sample by at most {found.spikes:g}"
    )
    return {
        "format": form,
        "file": str(path),
        "same_class": found.predictions,
        "most_votes_apart": found.votes,
        "most_spikes_apart": found.spikes,
    }
