"""Makes a tabular benchmark: every path of a supernet, and a balanced sample trained from scratch, as small files.

    python benchmarks/tabular.py FOLDER --out analysis/tables/digits_16

Trains the supernet, evaluates all its paths, trains 400 architectures with two seeds, and looks into each network for
its synaptic operations and energy. Hours on two cores; everything is kept in FOLDER and what is there is used again, so
that it goes on where it was cut off. What the table in ``--out`` holds of networks from scratch is not trained again.
``--write-only`` writes what is there so far, ``--parts scratch`` leaves the supernet and its paths as they are.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

import autosnn_ray as asr
import search_spaces
from autosnn_ray.algorithms import Enumeration, Stratified
from autosnn_ray.cards import network_folder
from autosnn_ray.journal import read_journal
from autosnn_ray.space import Architecture, format_architecture
from autosnn_ray.spiking.weights import path_weights
from autosnn_ray.versions import versions

SPACE, DATA, TIMESTEPS, SUPERNET_EPOCHS = "digits_16", "digits", 4, 40
EPOCHS, SEEDS, SAMPLE = 8, 2, 400
PART = 20
"""Architectures to a run."""


def problem_of() -> asr.Problem:
    return asr.Problem(search_spaces.load(SPACE), asr.load_dataset(DATA), timesteps=TIMESTEPS)


def make(folder: Path, out: Path, parts: Sequence[str]) -> None:
    problem, here = problem_of(), asr.Local(threads=1)
    if "paths" in parts:
        settings = asr.TrainSettings(epochs=SUPERNET_EPOCHS)
        supernet = asr.train_supernet(problem, seed=0, settings=settings, folder=folder / "supernet")
        path = asr.SupernetPath(supernet)
        every = asr.Batch(problem, path, folder / "paths", Enumeration(), problem.space.size)
        asr.evaluate_all([every], executor=here)
    if "scratch" in parts:
        known, sample = shipped_rows(out), sample_of(problem)
        for first in range(0, SAMPLE, PART):  # both seeds of a part before the next part: it can be cut off anywhere
            for seed in range(SEEDS):
                names = [one for one in sample[first : first + PART] if (one, seed) not in known]
                scratch = asr.TrainFromScratch(epochs=EPOCHS, seed=seed, keep=True)
                if names:
                    batch = asr.Batch.of(problem, scratch, names, path=scratch_folder(folder, seed) / f"{first:03d}")
                    asr.evaluate_all([batch], executor=here)
            print(f"trained from scratch: {first + PART} of {SAMPLE}", flush=True)


def sample_of(problem: asr.Problem) -> list[str]:
    """Returns the balanced sample; its beginning is a balanced one too."""
    state = Stratified(seed=0).start(problem.space, SAMPLE)
    return [format_architecture(found.architecture) for _ in range(SAMPLE) if (found := state.ask())]


def scratch_folder(folder: Path, seed: int) -> Path:
    return folder / "scratch" / f"seed_{seed}"


def shipped_rows(out: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """Reads what the table holds of networks from scratch, by architecture and seed."""
    path = out / "scratch.csv.gz"
    if not path.exists():
        return {}
    rows = csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode()))
    return {(row["architecture"], int(row["seed"])): {key: text for key, text in row.items() if text} for row in rows}


def rows_of(
    run: Path, problem: asr.Problem, networks: Callable[[Architecture], asr.SpikingNetwork]
) -> Iterator[dict[str, Any]]:
    """Yields a row for each architecture: counts over all validation samples, as whole numbers where they are."""
    found = {one: told[0] for one, told in read_journal(run).evaluations.items()}
    for architecture in sorted(found, key=problem.space.index):
        evaluation = found[architecture]
        samples = evaluation.samples
        profile = asr.profile(networks(architecture), problem.data.validation)
        if abs(profile.total("spikes") - evaluation.spikes) > 1e-6 * max(1.0, evaluation.spikes):
            raise SystemExit(f"{architecture}: {profile.total('spikes')} spikes here, {evaluation.spikes} in the run")
        row = {
            "architecture": format_architecture(architecture),
            "correct": round(evaluation.accuracy * samples),
            "loss": f"{evaluation.loss:.6g}",
            "parameters": int(profile.total("parameters")),
            "macs": int(profile.total("macs")),
            "synaptic_operations": f"{profile.synaptic_operations:.7g}",
            "energy": f"{profile.total('energy'):.7g}",
        }
        for layer, spikes in evaluation.layer_spikes.items():
            row[column_of(layer)] = round(spikes * samples)
        yield row


def column_of(layer: str) -> str:
    """Returns the column of a layer of neurons: a block's name is that of its slot's choice, and left out."""
    parts = layer.split(".")
    if len(parts) == 4:
        parts = [*parts[:2], {"neuron": "neuron1"}.get(parts[3], parts[3])]
    return "spikes." + ".".join(parts)


def write(rows: list[dict[str, Any]], path: Path) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    layers = sorted((one for one in columns if one.startswith("spikes.")), key=_in_order)
    text = io.StringIO()
    writer = csv.DictWriter(text, [one for one in columns if one not in layers] + layers, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
    print(f"{path}: {len(rows):,} rows, {path.stat().st_size:,} bytes")


def _in_order(column: str) -> tuple[int, str]:
    parts = column.split(".")
    place = {"stem": -1, "head": 1000}.get(parts[1])
    return (int(parts[2]) if place is None else place, column)


def save(folder: Path, out: Path, parts: Sequence[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    problem = problem_of()
    about: dict[str, Any] = {"problem": problem.describe(), "samples": len(problem.data.validation)}
    if "paths" in parts:
        supernet = asr.Supernet.load(folder / "supernet")
        state = supernet.network.state_dict()

        def path_of(architecture: Architecture) -> asr.SpikingNetwork:
            network = problem.network(torch.Generator().manual_seed(0), architecture)
            network.load_state_dict(path_weights(state, network))
            return network

        write(list(rows_of(folder / "paths", problem, path_of)), out / "paths.csv.gz")
        about["supernet"] = {"epochs": SUPERNET_EPOCHS, "seed": 0, "reference_spikes": supernet.reference_spikes}
    else:
        about["supernet"] = json.loads((out / "about.json").read_text(encoding="utf-8"))["supernet"]
    if "scratch" in parts:
        write(trained_rows(folder, out, problem), out / "scratch.csv.gz")
    about["scratch"] = {"epochs": EPOCHS, "seeds": SEEDS}
    about["versions"] = versions()
    (out / "about.json").write_text(f"{json.dumps(about, indent=2)}\n", encoding="utf-8")


def trained_rows(folder: Path, out: Path, problem: asr.Problem) -> list[dict[str, Any]]:
    """Returns a row for each architecture and seed, also those of the table so far; all seeds or none."""
    rows = shipped_rows(out)
    for seed in range(SEEDS):
        for run in sorted(scratch_folder(folder, seed).glob("*")):

            def trained(architecture: Architecture, run: Path = run, seed: int = seed) -> asr.SpikingNetwork:
                return asr.open_network(network_folder(run, architecture, seed)).network

            for row in rows_of(run, problem, trained):
                name = row.pop("architecture")
                rows[name, seed] = {"architecture": name, "seed": seed, **row}
    whole = [one for one, _ in rows if all((one, seed) in rows for seed in range(SEEDS))]
    ordered = sorted(set(whole), key=lambda one: problem.space.index(problem.space.parse(one)))
    return [rows[one, seed] for one in ordered for seed in range(SEEDS)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--write-only", action="store_true", help="train nothing")
    parser.add_argument("--parts", nargs="+", choices=("paths", "scratch"), default=("paths", "scratch"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    if not options.write_only:
        make(options.folder, options.out, options.parts)
    save(options.folder, options.out, options.parts)


if __name__ == "__main__":
    main()
