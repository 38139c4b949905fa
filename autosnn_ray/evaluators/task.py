"""What a process needs to evaluate candidates of one search, and the evaluating itself: the same wherever it runs."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from autosnn_ray.algorithms import Candidate
from autosnn_ray.errors import CheckpointError, InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators.base import Estimate, Evaluator, EvaluatorContext
from autosnn_ray.loop import report_failure, report_of
from autosnn_ray.measures import MEASURES, Known, Measurable, Measured, known_of
from autosnn_ray.own_code import Entry, travelling
from autosnn_ray.problem import Problem
from autosnn_ray.space import Architecture
from autosnn_ray.spiking.prefixes import SharedPrefixes

Worker = Callable[[Candidate], dict[str, Any]]
"""Evaluates a candidate; whatever goes wrong is in its report."""


@dataclass(frozen=True)
class Task:
    """A problem and its evaluator, as they travel to the processes that evaluate.

    Attributes:
        own: What the user registered and the evaluation needs. The first field: it is unpickled, and so registered,
            before what follows.
        context: The problem without its test samples, and the run's folder.
        evaluator: What evaluates, with the supernet where it uses one.
        checksum: CRC-32 over the supernet's weights, which all processes of a machine share; None without a supernet.
        measures: What is added to each evaluation: all that is known beforehand, and what is to be measured besides.
    """

    own: tuple[Entry, ...]
    context: EvaluatorContext
    evaluator: Evaluator
    checksum: int | None = None
    measures: Mapping[str, Measurable] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        problem: Problem,
        evaluator: Evaluator,
        home: Path | None = None,
        measured: Mapping[str, Measurable] | None = None,
    ) -> Task:
        """Leaves the test samples behind, and takes the checksum of the weights.

        Args:
            problem: What is searched.
            evaluator: What evaluates.
            home: The run's folder.
            measured: What is added to each evaluation beside all that is known beforehand.
        """
        folder = None if home is None else home.resolve()
        measures = {name: kind for name, kind in MEASURES.items() if isinstance(kind, Known)} | dict(measured or {})
        taken = {name: kind for name, kind in measures.items() if isinstance(kind, Measured)}
        _ = problem.costs  # counted here, once, and not in every process that evaluates
        context = replace(EvaluatorContext.of(problem, folder), measured=taken)
        return cls(travelling(), context, evaluator, _checksum(evaluator), measures)

    @property
    def size_bytes(self) -> int:
        """What samples and weights take in memory."""
        supernet = self.evaluator.weights
        weights = [] if supernet is None else supernet.network.state_dict().values()
        return self.context.problem.data.size_bytes + sum(int(one.numel() * one.element_size()) for one in weights)

    def start(self, device: str = "cpu", prefixes: SharedPrefixes | None = None) -> Worker:
        """Makes what evaluates candidates in this process.

        An evaluator that cannot be started fails its candidates with the reason, where a process that dies would only
        be tried again.

        Args:
            device: ``cpu`` or ``cuda``.
            prefixes: Beginnings of paths that others have run.
        """
        try:
            estimate = self._started(device, prefixes)
        except Exception as error:  # noqa: BLE001 - whatever an evaluator raises is its candidate's failure
            reason = f"{type(error).__name__}: {error}"
            return lambda _: report_failure(reason)
        return lambda candidate: self._report(estimate, candidate)

    def _started(self, device: str, prefixes: SharedPrefixes | None) -> Estimate:
        problem = self.context.problem.on(device) if device != "cpu" else self.context.problem
        if self.evaluator.weights is not None and device != "cpu":
            self.evaluator.weights.network.to(device)
        return self.evaluator.start(replace(self.context, problem=problem, device=device, prefixes=prefixes))

    def _report(self, estimate: Estimate, candidate: Candidate) -> dict[str, Any]:
        try:
            started = time.perf_counter()
            found = estimate(candidate.architecture, candidate.repetition)
            seconds = time.perf_counter() - started
            self._check()
            return report_of(replace(self._completed(found, candidate.architecture), seconds=seconds))
        except Exception as error:  # noqa: BLE001 - whatever an evaluator raises is its candidate's failure
            return report_failure(f"{type(error).__name__}: {error}")

    def _completed(self, found: Evaluation, architecture: Architecture) -> Evaluation:
        known = known_of(self.measures, self.context.problem, architecture)
        for name, measure in known.items():
            if name in found and found[name] != measure.value:
                raise InvalidInputError(
                    f"measure {name}: the evaluator gives {found[name]:g}, and it is known beforehand to be "
                    f"{measure.value:g}; give the evaluator's another name"
                )
        missing = [name for name in self.measures if name not in known and name not in found]
        if missing:
            raise InvalidInputError(
                f"{', '.join(missing)}: expected evaluator {self.evaluator.name} to offer each candidate's network: "
                "return context.complete(found, network) from its estimate"
            )
        return replace(found, measures={**known, **found.measures})

    def _check(self) -> None:
        """Holds the shared weights against their checksum: torch can write into read-only memory."""
        found = _checksum(self.evaluator)
        if found != self.checksum:
            raise CheckpointError(
                f"the supernet's shared weights were overwritten (CRC-32 {found:08x}, expected {self.checksum:08x}): "
                "an evaluator must not write into the network it is given"
            )


def _checksum(evaluator: Evaluator) -> int | None:
    if evaluator.weights is None:
        return None
    crc = 0
    for name, tensor in sorted(evaluator.weights.network.state_dict().items()):
        array = np.ascontiguousarray(tensor.detach().cpu().numpy())
        crc = zlib.crc32(array.data, zlib.crc32(name.encode(), crc))
    return crc
