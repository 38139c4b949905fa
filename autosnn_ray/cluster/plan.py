"""What decides a search's result: kept in its journal, and read from there when it is resumed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autosnn_ray.algorithms import Algorithm, AskTell, algorithm_from_dict
from autosnn_ray.cluster.storage import open_supernet
from autosnn_ray.data import DATASETS, load_described
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import AutoSNNError, InvalidInputError, JournalError
from autosnn_ray.evaluators import EVALUATORS, EvaluatorFactory, NamedEvaluator, make_evaluator
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.space import SearchSpace
from autosnn_ray.training.supernet import Supernet
from autosnn_ray.versions import versions

_DECISIVE = ("space", "algorithm", "candidates", "objective", "evaluator", "supernet", "data")
"""Entries of a run's configuration that must be the same when it is gone on with."""


@dataclass(frozen=True)
class Plan:
    """A search, before anything of it is done.

    Attributes:
        supernet: What candidates are paths of.
        data: The data set the supernet was trained on.
        algorithm: How candidates are proposed.
        candidates: How many to evaluate.
        objective: What is maximised.
        evaluator: What evaluates.

    Raises:
        InvalidInputError: The data are not those of the supernet.
    """

    supernet: Supernet
    data: Dataset
    algorithm: Algorithm
    candidates: int
    objective: SpikeAwareFitness
    evaluator: EvaluatorFactory

    def __post_init__(self) -> None:
        if self.data.checksum != self.supernet.data.get("checksum"):
            raise InvalidInputError(
                f"data: expected {self.supernet.data.get('name')!r} with the split the supernet was trained on "
                f"(checksum {str(self.supernet.data.get('checksum'))[:12]}…), got {self.data.name!r} "
                f"({self.data.checksum[:12]}…); validation samples may have been trained on"
            )
        if not self.supernet.is_trained and getattr(self.evaluator, "uses_weights", True):
            raise InvalidInputError("supernet: expected a trained one, got one without weights")

    def start(self) -> AskTell:
        """Begins the algorithm."""
        return self.algorithm.start(self.supernet.space, self.candidates, self.objective)

    def config(self) -> dict[str, Any]:
        """Returns all that decides the run's result, as a journal holds it: tuples become lists."""
        about: dict[str, Any] = {"timesteps": self.supernet.timesteps, "neuron": self.supernet.neuron.to_dict()}
        if getattr(self.evaluator, "uses_weights", True):
            # What is trained alone is the same whatever the supernet's weights: such a run serves several.
            about |= {"checksum": self.supernet.weights_checksum, "seed": self.supernet.seed}
        config = {
            "space": self.supernet.space.to_dict(),
            "algorithm": self.algorithm.to_dict(),
            "candidates": self.candidates,
            "objective": self.objective.to_dict(),
            "evaluator": _describe(self.evaluator),
            "supernet": about,
            "data": dict(self.supernet.data),
            "versions": versions(),
        }
        plain: dict[str, Any] = json.loads(json.dumps(config))
        return plain

    def refuse_other(self, path: Path, before: Mapping[str, Any], *, may_extend: bool) -> None:
        """Refuses to go on with a run of another plan.

        Args:
            path: The run's folder.
            before: What the run was started with.
            may_extend: Whether more candidates than before are welcome.

        Raises:
            JournalError: The text says what differs.
        """
        now = self.config()
        if may_extend and self.candidates > before["candidates"]:
            now["candidates"] = before["candidates"]
        differing = [
            f"{key}: {_short(before.get(key))} there, {_short(now[key])} now"
            for key in _DECISIVE
            if before.get(key) != now[key]
        ]
        if differing:
            raise JournalError(
                f"{path}: holds another search and cannot go on as this one: {'; '.join(differing)}. "
                "`autosnn-ray resume` goes on with what is there, and --candidates extends it"
            )


def plan_of(
    path: Path,
    config: Mapping[str, Any],
    *,
    candidates: int | None = None,
    supernet: str | Path | None = None,
    data: Dataset | None = None,
    evaluator: EvaluatorFactory | None = None,
) -> Plan:
    """Reads a run's plan from its configuration.

    Args:
        path: The run's folder.
        config: What the run was started with.
        candidates: How many to evaluate in all; as before where None.
        supernet: Folder of the supernet, where it has moved.
        data: The data set, where it cannot be loaded by name.
        evaluator: The evaluator, where it is none of ``EVALUATORS``.

    Raises:
        AutoSNNError: Something is missing, or not what the run was started with.
    """
    try:
        given = _evaluator(config["evaluator"], evaluator)
        opened = open_supernet(path, config, supernet)
        plan = Plan(
            supernet=opened,
            data=_data(path, config["data"], data),
            algorithm=algorithm_from_dict(config["algorithm"]),
            candidates=_candidates(path, config["candidates"], candidates),
            objective=SpikeAwareFitness.from_dict(config["objective"]),
            evaluator=given,
        )
        SearchSpace.from_dict(config["space"], source=f"{path}: journal")
    except AutoSNNError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise JournalError(
            f"{path}: the start of the journal lacks an entry that is needed to go on, or holds a wrong one: {error!r}"
        ) from error
    plan.refuse_other(path, config, may_extend=True)
    return plan


def _candidates(path: Path, before: object, now: int | None) -> int:
    if not isinstance(before, int):
        raise TypeError(f"candidates: {before!r}")
    if now is not None and now < before:
        raise InvalidInputError(
            f"candidates: expected at least the {before} that {path} was asked for, got {now}; "
            "a run can be extended, not cut"
        )
    return before if now is None else now


def _data(path: Path, config: Mapping[str, Any], given: Dataset | None) -> Dataset:
    name, seed, expected = str(config["name"]), int(config["seed"]), str(config["checksum"])
    if given is None:
        if name not in DATASETS and not name.endswith(".npz"):
            raise InvalidInputError(
                f"data: the run in {path} searched {name!r}, which cannot be loaded by name; give it: "
                f"autosnn_ray.resume({str(path)!r}, data=…)"
            )
        given = load_described(config)
    if given.checksum != expected:
        raise InvalidInputError(
            f"data: expected {name!r}, seed {seed}, as when {path} was started (SHA-256 {expected}), got "
            f"{given.name!r} with other samples or another split ({given.checksum})"
        )
    return given


def _evaluator(config: Mapping[str, Any], given: EvaluatorFactory | None) -> EvaluatorFactory:
    """Makes the evaluator. One that is not registered is never imported by the name that a file says."""
    if given is not None:
        return given
    name = str(config["name"])
    if name not in EVALUATORS:
        raise InvalidInputError(
            f"evaluator: the run used {name}, which is none of {', '.join(EVALUATORS)}; give it: resume(…, evaluator=…)"
        )
    return make_evaluator(name, **dict(config["settings"]))


def _describe(evaluator: EvaluatorFactory) -> dict[str, Any]:
    if isinstance(evaluator, NamedEvaluator):
        return {"name": evaluator.name, "settings": dict(evaluator.settings)}
    factory: Callable[..., Any] | type = evaluator if hasattr(evaluator, "__qualname__") else type(evaluator)
    return {"name": f"{factory.__module__}:{factory.__qualname__}", "settings": {}}


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:157]}…"
