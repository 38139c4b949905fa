"""Where candidates are evaluated: what an executor is, and the one that is this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Protocol

from autosnn_ray.checks import check_whole
from autosnn_ray.errors import InvalidInputError, unknown_name
from autosnn_ray.evaluators import Evaluator
from autosnn_ray.evaluators.task import Task
from autosnn_ray.loop import SearchLoop
from autosnn_ray.objectives import Goal

Job = tuple[SearchLoop, Task]
"""A search's loop, and what its candidates are evaluated by."""


class OpenExecutor(Protocol):
    """An executor that is ready; several runs may use it, one after the other."""

    def open(self, size_bytes: int = 0) -> AbstractContextManager[OpenExecutor]:
        """Returns itself: it is open already, and stays so."""
        ...

    def run(self, jobs: Sequence[Job]) -> None:
        """Evaluates until every loop is done, or somebody asks to stop.

        Whose candidates are evaluated when is its own affair; each loop gets back what it gave away.
        """
        ...

    def check(self, evaluator: Evaluator, goal: Goal) -> None:
        """Refuses what it cannot evaluate."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Returns name and settings as plain values, as a journal holds them."""
        ...


class Executor(Protocol):
    """Where candidates are evaluated: settings, a frozen dataclass."""

    def open(self, size_bytes: int = 0) -> AbstractContextManager[OpenExecutor]:
        """Makes it ready for the while of a block.

        Args:
            size_bytes: What samples and weights take.
        """
        ...

    def check(self, evaluator: Evaluator, goal: Goal) -> None:
        """Refuses what it cannot evaluate, before anything is written.

        Raises:
            InvalidInputError: It cannot.
        """
        ...

    def to_dict(self) -> dict[str, Any]:
        """Returns name and settings as plain values, as a journal holds them."""
        ...


@dataclass(frozen=True)
class Local:
    """Evaluates in this process, one candidate after the other: a debugger stops in an evaluator of one's own.

    Attributes:
        threads: Threads that evaluate; as PyTorch has them where None.
        device: ``cpu`` or ``cuda``.

    Raises:
        InvalidInputError: A value is not what it must be.
    """

    name: ClassVar[str] = "local"
    threads: int | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.threads is not None:
            check_whole("threads", self.threads)
        if self.device not in ("cpu", "cuda"):
            raise unknown_name("device", self.device, ("cpu", "cuda"))

    def open(self, size_bytes: int = 0) -> AbstractContextManager[OpenExecutor]:
        """Returns itself: there is nothing to be started."""
        return nullcontext(self)

    def run(self, jobs: Sequence[Job]) -> None:
        """Evaluates one job after the other, until one of them is ended from within."""
        from autosnn_ray.spiking.threads import limited_threads

        with limited_threads(self.threads):
            for loop, task in jobs:
                if loop.done:
                    continue
                worker = task.start(self.device)
                while candidates := loop.take():
                    # One at a time: what is evaluated is told, whatever comes next.
                    for place, candidate in enumerate(candidates):
                        loop.finish([candidate], [worker(candidate)])
                        if loop.error is not None:
                            loop.abandon(candidates[place + 1 :])
                            return

    def check(self, evaluator: Evaluator, goal: Goal) -> None:
        """Refuses nothing."""

    def to_dict(self) -> dict[str, Any]:
        """Returns name and settings as plain values."""
        return {"name": self.name, **asdict(self)}


def default_executor() -> Executor:
    """Returns where candidates are evaluated unless something else is said: Ray, started on this machine."""
    from autosnn_ray.cluster.executor import Ray

    return Ray()


def executor_from_dict(values: Mapping[str, Any]) -> Executor:
    """Builds the executor that a journal holds; what belongs to one machine, such as an address, it does not hold.

    Raises:
        InvalidInputError: It is not what was written.
    """
    from autosnn_ray.cluster.executor import Ray

    known: dict[str, Executor] = {"ray": Ray(), "local": Local()}
    if not isinstance(values, Mapping):
        raise InvalidInputError(f"executor: expected its name and settings, got {values!r}")
    name, settings = str(values.get("name", "ray")), {key: values[key] for key in values if key != "name"}
    if name not in known:
        raise unknown_name("executor", name, known)
    # Whoever writes an address or a runtime environment into a journal is not to say where, and with what, code runs.
    if not settings.keys() <= known[name].to_dict().keys():
        raise InvalidInputError(f"executor {name}: expected no more than its settings, got {settings!r}")
    found: Executor = replace(known[name], **settings)  # type: ignore[type-var]
    return found
