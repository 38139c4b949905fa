"""What a folder is, what is in it, and what that found: for ``show``."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from autosnn_ray.cli.console import amount, command, percent
from autosnn_ray.cli.tables import Column, Output, Table
from autosnn_ray.errors import CheckpointError, InvalidInputError


def of_folder(path: Path, best: int) -> list[Output]:
    """Returns what is to be shown of a folder, whatever of the toolkit's it is.

    Args:
        path: The folder, or a journal in it.
        best: How many of a search's best.

    Raises:
        JournalError: It is nothing of the toolkit's, and holds nothing that is.
    """
    from autosnn_ray.own_packages import analysis

    kind = analysis.kind_of(path)
    show = _SHOWN.get(kind)
    below = analysis.contents_of(path)
    if show is None and not below:
        return [_search(path, best)]
    found = [show(path, best)] if show else _swept(path)
    if kind == "recipe":
        inside = {one.path.name: one.path for one in below}
        is_trained = "retrained" in inside
        found += [_search(inside["search"], best, is_trained)] if "search" in inside else []
        found += [_retraining(inside["retrained"], best)] if is_trained else []
        published = analysis.read_reproduction_config(path)["recipe"]["published"]
        found += [_reproduction(path)] if published and "retrained" in inside else []
    return [_inside(path, kind), *found] if kind == "recipe" else [*found, *([_inside(path, kind)] if below else [])]


def _swept(path: Path) -> list[Output]:
    """Returns what the searches of a sweep found; nothing where it is none."""
    from autosnn_ray.cli.swept import side_by_side
    from autosnn_ray.runs.swept import swept

    found = swept(path)
    return [Output([side_by_side(found)])] if found else []


def run_in(path: Path) -> Path:
    """Returns the search in a folder, of which pictures can be drawn.

    Raises:
        InvalidInputError: There is none.
    """
    from autosnn_ray.own_packages import analysis

    kind = analysis.kind_of(path)
    if kind == "recipe":
        return path / "search"
    if kind in ("search", "retraining", "") and (kind or not analysis.contents_of(path)):
        return path
    runs = [command("show", one.path, "--save", "…") for one in analysis.contents_of(path) if one.kind == "search"]
    if not runs:
        raise InvalidInputError(f"{path}: --save draws a search, expected its folder, got one without any")
    raise InvalidInputError(f"{path}: --save draws a search; expected one of: {', '.join(runs)}")


def _inside(path: Path, kind: str) -> Output:
    """Says what a folder is and what is in it."""
    from autosnn_ray.own_packages import analysis

    records = [
        {"folder": str(one.path), "kind": one.kind, "what": analysis.KINDS[one.kind]}
        for one in analysis.contents_of(path)
    ]
    columns = [Column("folder", shlex.quote), Column("what", title="what it is")]
    head = [f"{shlex.quote(str(path))}: {analysis.KINDS[kind]}"] if kind == "recipe" else []
    notes = [f"one of them: {command('show', records[0]['folder'])}"] if records else []
    return Output([Table("inside", columns, records, "in it", notes)], {"path": str(path), "kind": kind}, head)


def _search(path: Path, best: int, is_trained: bool = False) -> Output:
    from autosnn_ray.cli.results import results

    return results(path, best, trains=is_trained)


def _retraining(path: Path, best: int) -> Output:
    from autosnn_ray.cli.retrain import retraining
    from autosnn_ray.own_packages import analysis

    return retraining(analysis.read_retraining(path))


def _reproduction(path: Path) -> Output:
    from autosnn_ray.cli.reproduce import reproduction

    return reproduction(path)


def _designs(path: Path, best: int) -> Output:
    from autosnn_ray.cli.designs import compared

    return compared(path)


def _fidelity(path: Path, best: int) -> Output:
    from autosnn_ray.cli.rankings import ranked
    from autosnn_ray.own_packages import analysis

    return ranked(analysis.read_rankings(path))


def _halving(path: Path, best: int) -> Output:
    from autosnn_ray.cli.halving import halved
    from autosnn_ray.own_packages import analysis

    rows = analysis.read_halving(path)
    if not rows:
        return Output([], {"path": str(path)}, [f"{shlex.quote(str(path))}: the rounds are not at their end yet"])
    return halved(rows)


def _finalists(path: Path, best: int) -> Output:
    from autosnn_ray.cli.finalists import finalists_of

    found = finalists_of(path.parent)
    if found is None:
        return Output([], {"path": str(path)}, [f"{shlex.quote(str(path))}: the trainings are not at their end yet"])
    return Output([found], {"path": str(path)})


def _supernet(path: Path, best: int) -> Output:
    about = _read(path / "supernet.json")
    paths, space = about["paths"], about["space"]["name"]
    columns = [
        Column("accuracy_min", percent, "least accuracy", is_number=True),
        Column("accuracy_median", percent, "median", is_number=True),
        Column("accuracy_max", percent, "most", is_number=True),
        Column("chance", percent, "guessing", is_number=True),
        Column("spikes_mean", amount, "spikes", is_number=True),
    ]
    title = f"{shlex.quote(str(path))}: a supernet of {space}, {about['data']['name']}, T={about['timesteps']}"
    notes = [
        f"{paths['count']} paths drawn uniformly, on validation samples",
        f"next: {command('search', 'runs/first', '--supernet', path, '--evaluator', 'path')}",
    ]
    return Output([Table("paths", columns, [paths], title, notes)], {"path": str(path), "space": space})


def _network(path: Path, best: int) -> Output:
    from autosnn_ray.evaluations import Evaluation

    about = _read(path / "network.json")
    found = Evaluation.from_dict(about["validation"])
    architecture = "/".join(about["architecture"]) or about["space"]["name"]
    columns = [
        Column("architecture"),
        Column("accuracy", percent, is_number=True),
        Column("spikes", amount, is_number=True),
    ]
    record = {"architecture": architecture, "accuracy": found.accuracy, "spikes": found.spikes}
    title = f"{shlex.quote(str(path))}: trained from scratch, on {found.samples:,} validation samples"
    return Output([Table("network", columns, [record], title, [f"next: {command('inspect', path)}"])])


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{file}: expected what the toolkit wrote there: {error}") from error


_SHOWN = {
    "search": _search,
    "retraining": _retraining,
    "designs": _designs,
    "fidelity": _fidelity,
    "halving": _halving,
    "finalists": _finalists,
    "supernet": _supernet,
    "network": _network,
}
