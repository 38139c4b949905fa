"""Events of older journals, brought into today's form when they are read; the file stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autosnn_ray.evaluations import MEAN, PREDICTION, SCORE
from autosnn_ray.passes import Passes

_EVALUATORS = {"alone": "scratch", "kept": "scratch", "surveyed": "predictor"}
"""Names of evaluators that version 1 knew by another name."""

_SETTINGS: dict[str, dict[str, Any]] = {
    "path": {"batch_size": None, "shared_bytes": 2**27},
    "recalibrated": {"samples": 512, "batch_size": None},
    "fine_tuned": {"steps": 34, "learning_rate": 1e-3, "seed": 0},
    "alone": {"epochs": 4, "seed": 0, "keep": False, "training": None},
    "kept": {"epochs": 30, "seed": 0, "keep": True, "training": None},
    "training_free": {"samples": 64, "seed": 0},
}
"""What their settings were where version 1 left them out."""


_PER_GENERATION = ("autosnn", "steady_state")
"""Algorithms whose candidates have generations, by which version 1 also chose the seeds of kept trainings."""


def _from_version_1(entries: dict[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Brings an event of version 1 into the form of version 2.

    There a configuration held one fitness and, whatever evaluated, a supernet; an architecture that was evaluated again
    was told apart by its generation; and an evaluation had an accuracy, however it had come about.

    Args:
        entries: The event.
        config: The run's configuration in today's form; empty before the start was read.
    """
    if entries.get("event") == "start":
        return entries | {"config": _config(dict(entries["config"]))}
    if entries.get("event") == "ask":
        is_given = entries.get("origin") == "given"
        repetition = entries["generation"] if is_given else 0
        return entries | {"repetition": repetition, "generation": 0 if is_given else entries["generation"]}
    if entries.get("event") == "tell":
        name = str(config.get("evaluator", {}).get("name", ""))
        return entries | {"evaluation": _evaluation(dict(entries["evaluation"]), name)}
    return entries


def _evaluation(found: dict[str, Any], evaluator: str) -> dict[str, Any]:
    """Says of what was predicted, or was a score, that it is no share of samples; all else is read as it stands."""
    if evaluator == "predictor":
        measures = {name: {"value": found[name], "basis": PREDICTION} for name in ("accuracy", "spikes", "loss")}
    elif evaluator == "training_free":
        spikes = {"value": found["spikes"], "basis": MEAN, "samples": found["samples"]}
        measures = {"score": {"value": found["accuracy"], "basis": SCORE}, "spikes": spikes}
    else:
        return found
    return {"measures": measures, "layer_spikes": found["layer_spikes"], "seconds": found["seconds"]}


def _config(config: dict[str, Any]) -> dict[str, Any]:
    if "space" not in config:
        return config
    supernet = dict(config.pop("supernet", {}))
    objective = dict(config.pop("objective", {}))
    folder = config.pop("supernet_folder", None)
    problem = {
        "space": config.pop("space"),
        "data": config.pop("data", {}),
        "timesteps": supernet.get("timesteps"),
        "neuron": supernet.get("neuron"),
    }
    algorithm = _algorithm(dict(config.get("algorithm", {})))
    evaluator = _evaluator(dict(config.get("evaluator", {})), algorithm, supernet, folder)
    measure = "score" if evaluator["name"] == "training_free" else "accuracy"
    found = config | {
        "problem": problem,
        "goal": {"objectives": [{"kind": "fitness", "measure": measure, **objective}], "constraints": []},
        "algorithm": algorithm,
        "evaluator": evaluator,
    }
    if "resources" in config:
        found["executor"] = {"name": "ray", **config["resources"]}
    found.pop("resources", None)
    return found


def _algorithm(algorithm: dict[str, Any]) -> dict[str, Any]:
    settings = dict(algorithm.get("settings", {}))
    first, repetitions = settings.pop("first", ()), settings.pop("repeats", 1)
    if first:
        given = {"architectures": list(first), "repetitions": repetitions}
        return {"name": "given", "settings": {"seed": settings.get("seed", 0), **given}}
    return algorithm | {"settings": settings} if algorithm else algorithm


def _evaluator(
    evaluator: dict[str, Any], algorithm: Mapping[str, Any], supernet: Mapping[str, Any], folder: object
) -> dict[str, Any]:
    name, settings = str(evaluator.get("name", "")), dict(evaluator.get("settings", {}))
    settings = _SETTINGS.get(name, {}) | settings
    found: dict[str, Any] = {"name": _EVALUATORS.get(name, name), "settings": settings}
    if name == "kept" and settings.pop("start", "scratch") == "supernet":
        found["name"] = "from_path"
    if name == "surveyed":
        settings["fitted"] = settings.pop("survey", {})
        found["outdated"] = "its accuracies were predicted from values, which today are predicted from ranks"
    if name == "training_free":
        found["outdated"] = "its spikes were counted without batch-norm statistics, and would not go with today's"
    if name == "kept" and algorithm.get("name") in _PER_GENERATION:
        found["outdated"] = "every generation was trained with a seed of its own, which today is one seed for all"
    if "checksum" in supernet:
        found["supernet"] = {"checksum": supernet["checksum"], "folder": folder}
    return found


def with_passes(config: dict[str, Any]) -> dict[str, Any]:
    """Says what a training from scratch costs where a run of before does not: it follows from what it does say.

    Args:
        config: What a run was started with, in today's form otherwise.
    """
    match config:
        case {"passes": _}:
            return config
        case {
            "evaluator": {"name": "scratch", "settings": {"epochs": int(epochs)}},
            "problem": {"data": {"train": int(training), "validation": int(validation)}},
        }:
            passes = Passes(epochs * training, validation)
            return config | {"passes": {"candidate": passes.to_dict(), "before": Passes().to_dict()}}
    return config


UPGRADES: dict[int, Callable[[dict[str, Any], Mapping[str, Any]], dict[str, Any]]] = {1: _from_version_1}
"""For each older version, what brings its events into today's form, given the run's configuration."""
