"""Evaluates candidates on Ray: on this machine, or on a cluster."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from autosnn_ray.checks import check_whole
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.shown import epochs_text

if TYPE_CHECKING:
    from autosnn_ray.cluster.opened import OpenRay
    from autosnn_ray.evaluators import Evaluator
    from autosnn_ray.objectives import Goal


@dataclass(frozen=True)
class Asha:
    """Cuts weak trainings short: asynchronous successive halving, Ray Tune's (Li et al., MLSys 2020).

    After ``grace``, ``grace * factor``, ``grace * factor ** 2`` … epochs a training goes on only if it is among the
    best ``1 / factor`` of those that have come as far. It is for evaluators that train (``TrainFromScratch``,
    ``TrainFromPath``) and one objective.

    Nobody waits for anybody: who is cut depends on who has come as far by then, so the same seed may give another
    search, unless candidates run one at a time. Each training by itself is repeatable. Every evaluation says in
    ``epochs`` how long it was trained, and in ``cut`` (1 or 0) whether it would have been longer: a frame has both
    columns, and what was trained for fewer epochs is no match for what was trained for all. A run that goes on
    keeps what was told, trains what was under way anew, and begins its rungs anew.

    Attributes:
        grace: Epochs that every training gets.
        factor: One of how many goes on.

    Raises:
        InvalidInputError: A number is not what it must be.
    """

    grace: int = 1
    factor: float = 3

    def __post_init__(self) -> None:
        if type(self.grace) is not int or self.grace < 1:
            raise InvalidInputError(f"grace: expected a whole number of epochs, at least 1, got {self.grace!r}")
        if not (_is_number(self.factor) and self.factor > 1):
            raise InvalidInputError(f"asha: expected a factor above 1, got {self.factor!r}")

    def check(self, evaluator: Evaluator, goal: Goal) -> None:
        """Refuses an evaluator that does not train, or several objectives.

        Raises:
            InvalidInputError: So it is.
        """
        epochs = evaluator.most_epochs
        if epochs is None:
            raise InvalidInputError(
                f"asha: expected an evaluator that trains, such as TrainFromScratch, got {evaluator.name}"
            )
        if epochs <= self.grace:
            raise InvalidInputError(
                f"asha: each gets {self.grace} of {epochs_text(epochs)}, so there is nothing to cut short"
            )
        if getattr(evaluator, "keep", False):
            raise InvalidInputError("asha: keep=True keeps whole trainings; leave one of both out")
        if len(goal.objectives) > 1:
            raise InvalidInputError(f"asha: expected one objective to compare by, got {len(goal.objectives)}")


@dataclass(frozen=True)
class Ray:
    """Evaluates candidates side by side, as trials of Ray Tune.

    Attributes:
        address: Address of a Ray cluster; None starts Ray on this machine.
        num_cpus: CPUs of the Ray that is started; all where None.
        concurrent: How many candidates side by side; as many as there is room for at the start where None.
        cpus: CPUs, and threads, that evaluate one candidate; a fraction lets several share one.
        gpus: GPUs that evaluate one candidate; a fraction lets several share one.
        seconds: Time an evaluation may take; it is ended then, and the candidate failed. None for as long as it likes.
        runtime_env: Ray's runtime environment for the processes that evaluate; not kept in a run's folder.
        callbacks: Ray Tune's loggers, such as ``ray.tune.logger.TBXLoggerCallback()``: instances of
            ``ray.tune.Callback``. Each candidate is a trial to them, its measures and its fitness are the metrics, and
            its number from 1 the ``training_iteration``. Files come below ``tune`` in the run's folder. Not kept there:
            a run that is resumed wants them again.
        asha: How weak trainings are cut short, for evaluators that train; see ``Asha`` for what that means for
            repeatability. All are trained to their end where None.

    Raises:
        InvalidInputError: A number is not what it must be.
    """

    name: ClassVar[str] = "ray"
    address: str | None = None
    num_cpus: int | None = None
    concurrent: int | None = None
    cpus: float = 1
    gpus: float = 0
    seconds: float | None = None
    runtime_env: Mapping[str, Any] | None = None
    callbacks: Sequence[Any] = ()
    asha: Asha | None = None

    def __post_init__(self) -> None:
        asha: Any = self.asha
        if isinstance(asha, Mapping):  # as a journal gives it back
            object.__setattr__(self, "asha", _asha_of(asha))
        elif not (asha is None or isinstance(asha, Asha)):
            raise InvalidInputError(f"asha: expected such as Asha(grace=1, factor=3), got {asha!r}")
        for name in ("num_cpus", "concurrent"):
            if getattr(self, name) is not None:
                check_whole(name, getattr(self, name))
        _check_amount("cpus", self.cpus, may_be_zero=False)
        _check_amount("gpus", self.gpus, may_be_zero=True)
        if self.seconds is not None and not (_is_number(self.seconds) and self.seconds > 0):
            raise InvalidInputError(f"seconds: expected a positive number, got {self.seconds!r}")

        for callback in self.callbacks:
            if isinstance(callback, type) or not hasattr(callback, "on_trial_result"):
                raise InvalidInputError(
                    f"callbacks: expected instances of ray.tune.Callback, such as TBXLoggerCallback(), got {callback!r}"
                )

    @property
    def threads(self) -> int:
        """Threads that evaluate one candidate."""
        return max(1, int(self.cpus))

    @contextmanager
    def open(self, size_bytes: int = 0) -> Iterator[OpenRay]:
        """Starts Ray, or joins a cluster, for the while of the block.

        Args:
            size_bytes: What samples and weights take: the Ray that is started gets room for it.

        Raises:
            InvalidInputError: Ray refuses a setting.
            AutoSNNError: The cluster cannot be reached.
        """
        import ray

        from autosnn_ray.cluster.prefix_index import STORE_BYTES
        from autosnn_ray.cluster.private import in_waiting_processes
        from autosnn_ray.cluster.session import ray_session

        room, starts_here = size_bytes + STORE_BYTES, self.address is None and not ray.is_initialized()
        with (
            ray_session(
                self.address,
                self.num_cpus,
                runtime_env=self.runtime_env,
                shared_bytes=room,
                meanwhile=partial(import_module, "autosnn_ray.cluster.opened"),
            ),
            in_waiting_processes() if starts_here else nullcontext(),
        ):
            from autosnn_ray.cluster.opened import OpenRay  # imports Ray Tune

            yield OpenRay(self)

    def to_dict(self) -> dict[str, Any]:
        """Returns what a run is resumed with, as plain values: on which Ray, may change from one life to the next."""
        asha = None if self.asha is None else asdict(self.asha)
        return {"name": self.name, "cpus": self.cpus, "gpus": self.gpus, "seconds": self.seconds, "asha": asha}

    def check(self, evaluator: Evaluator, goal: Goal) -> None:
        """Refuses an evaluator or a goal that trainings cannot be cut short with, where they are to be.

        Raises:
            InvalidInputError: So it is.
        """
        if self.asha is not None:
            self.asha.check(evaluator, goal)


def _asha_of(values: Mapping[str, Any]) -> Asha:
    try:
        return Asha(**values)
    except TypeError as error:
        raise InvalidInputError(f"asha: expected grace and factor, got {dict(values)!r}") from error


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_amount(name: str, value: float, *, may_be_zero: bool) -> None:
    is_fine = _is_number(value) and (value > 0 or (may_be_zero and value == 0)) and (value < 1 or value == int(value))
    if not is_fine:
        least = "0, " if may_be_zero else ""
        raise InvalidInputError(f"{name}: expected {least}a fraction below 1 or a whole number, got {value!r}")
