"""The toolkit's algorithms in a Tuner of the user's own, with any Trainable."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ray.tune.search import Searcher
from ray.tune.search.variant_generator import parse_spec_vars

from autosnn_ray.algorithms import Algorithm, AutoSNN
from autosnn_ray.cluster.metrics import slots_of
from autosnn_ray.cluster.proposals import Proposals, outcome_of
from autosnn_ray.errors import CheckpointError, InvalidInputError
from autosnn_ray.files import write_atomically
from autosnn_ray.objectives import Goal, Maximize, Minimize, Objective
from autosnn_ray.space import SearchSpace, format_architecture

_FORMAT = 1
_VALUE = "value"
_LOGGER = logging.getLogger("autosnn_ray")


class TuneSearcher(Searcher):
    """Proposes architectures to a ``ray.tune.Tuner`` of the user's own, whatever its Trainable trains.

    A trial's configuration gets ``architecture`` (``"srb_k5/skip/…"``) and one key a slot (``slot_0`` …) beside what
    ``param_space`` says, which must be plain values: the algorithm searches architectures. A trial that ends in error,
    lacks the metric, or reports one that is not finite counts as failed. Tune's snapshots hold what was proposed and
    told, as JSON, and ``Tuner.restore`` goes on from there; the algorithm's state is rebuilt from it and never pickled.
    A search whose driver may be killed at any instant is ``autosnn_ray.search``: Tune takes a snapshot now and then.

    Args:
        space: Where architectures come from.
        algorithm: How they are proposed; AutoSNN's evolution where None.
        metric: What the trials report; as ``TuneConfig`` says where None. Tune tells a searcher of its ``metric`` and
            ``mode`` only where ``param_space`` is not empty.
        mode: ``max`` or ``min``.
        objectives: In place of metric and mode: what the search aims at, over what the trials report by name, such as
            ``[Maximize("accuracy"), Minimize("spikes")]``.
        architectures: Proposed before all others. The algorithm learns what came of one when it proposes it itself.
        candidates: How many the algorithm proposes at most; ``num_samples`` may end it earlier. All where None.

    Raises:
        InvalidInputError: A value is not what it must be.
    """

    def __init__(
        self,
        space: SearchSpace,
        algorithm: Algorithm | None = None,
        *,
        metric: str | None = None,
        mode: str | None = None,
        objectives: Goal | Objective | Sequence[Objective] | None = None,
        architectures: Sequence[str | Sequence[str]] = (),
        candidates: int | None = None,
    ) -> None:
        if objectives is not None and (metric or mode):
            raise InvalidInputError("objectives: expected either them, or metric and mode, got both")
        super().__init__()
        self._metric: str | None = None
        self._mode: str | None = None
        self._space, self._algorithm = space, algorithm or AutoSNN()
        self._given = [space.parse(one) for one in architectures]
        if len(set(self._given)) < len(self._given):
            raise InvalidInputError("architectures: expected each once")
        self._candidates = space.size if candidates is None else candidates
        self._own_goal = None if objectives is None else Goal.of(objectives)
        self._limit: int | None = None
        self._proposals: Proposals | None = None
        self._aim(metric, mode)
        self._algorithm.start(space, self._candidates, self._own_goal or Goal((Maximize(_VALUE),)))  # or it refuses

    def _aim(self, metric: str | None, mode: str | None) -> None:
        for name, now, new in (("metric", self._metric, metric), ("mode", self._mode, mode)):
            if new is not None and self._own_goal is not None:
                raise InvalidInputError(f"{name}: the searcher has objectives; leave it out of TuneConfig")
            if now is not None and new is not None and now != new:
                raise InvalidInputError(f"{name}: the searcher was made for {now!r}, TuneConfig says {new!r}")
        if mode not in (None, "max", "min"):
            raise InvalidInputError(f"mode: expected max or min, got {mode!r}")
        self._metric, self._mode = metric or self._metric, mode or self._mode

    def set_search_properties(self, metric: str | None, mode: str | None, config: dict[str, Any], **spec: Any) -> bool:
        """Takes what ``TuneConfig`` and ``param_space`` say.

        Raises:
            InvalidInputError: Another metric or mode than before, or a ``param_space`` with something to be drawn.
        """
        self._aim(metric, mode)
        _, drawn, grids = parse_spec_vars(config)
        unresolved = ["/".join(map(str, path)) for path, _ in (*drawn, *grids)]
        own = [name for name in config if name in slots_of(self._space.at(0))]
        if unresolved or own:
            raise InvalidInputError(
                f"param_space: expected plain values beside the architecture, which {type(self).__name__} proposes, "
                f"got {', '.join(dict.fromkeys((*unresolved, *own)))} to be drawn or set"
            )
        return True

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Returns the next architecture's configuration, None for not now, or FINISHED."""
        proposals = self._opened()
        if self._limit is not None and proposals.running >= self._limit:
            return None
        architecture = proposals.ask(trial_id)
        if architecture is None:
            finished: str = self.FINISHED
            return finished if proposals.done else None
        return slots_of(architecture)

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Tells the algorithm what came of a trial."""
        proposals = self._opened()
        if trial_id not in proposals:
            _LOGGER.warning("trial %s is none that this searcher proposed, or was told before: left out", trial_id)
            return
        names = {str(self._metric): _VALUE} if self._own_goal is None else None
        proposals.tell(trial_id, outcome_of(None if error else result, self._goal, names))

    def set_max_concurrency(self, max_concurrent: int) -> bool:
        """Takes the limit of ``TuneConfig.max_concurrent_trials``."""
        self._limit = max_concurrent
        return True

    def save(self, checkpoint_path: str) -> None:
        """Writes what was proposed and told, as JSON."""
        write_atomically(Path(checkpoint_path), json.dumps(self._about() | {"events": self._events}).encode())

    def restore(self, checkpoint_path: str) -> None:
        """Brings the algorithm to where ``save`` was called.

        Raises:
            CheckpointError: The file is damaged, or of another searcher.
        """
        path = Path(checkpoint_path)
        try:
            saved = json.loads(path.read_text(encoding="utf-8"))
            events, about = [list(event) for event in saved.pop("events")], self._about()
            for name in ("metric", "mode"):
                about[name] = about[name] or saved[name]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CheckpointError(f"{path}: not what a TuneSearcher saved: {error!r}") from error
        differing = [
            f"{name}: {saved.get(name)!r} there, {about[name]!r} now"
            for name in about
            if saved.get(name) != about[name]
        ]
        if differing:
            raise CheckpointError(f"{path}: saved by another searcher: {'; '.join(differing)}")
        self._metric, self._mode = about["metric"], about["mode"]
        self._rebuild(events, str(path))

    @property
    def _events(self) -> list[list[Any]]:
        return self._proposals.events if self._proposals else []

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles its configuration: what was proposed and told goes along, not the algorithm's state.
        return {**self.__dict__, "_proposals": list(self._events)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._rebuild(state["_proposals"], "a pickled TuneSearcher")

    def _about(self) -> dict[str, Any]:
        about = {
            "format": _FORMAT,
            "space": self._space.checksum,
            "algorithm": self._algorithm.to_dict(),
            "candidates": self._candidates,
            "architectures": [format_architecture(one) for one in self._given],
            "metric": self._metric,
            "mode": self._mode,
            "goal": None if self._own_goal is None else self._own_goal.to_dict(),
        }
        plain: dict[str, Any] = json.loads(json.dumps(about))
        return plain

    def _opened(self) -> Proposals:
        if self._proposals is None:
            goal = self._own_goal
            if goal is None:
                if self._metric is None or self._mode is None:
                    raise InvalidInputError(
                        "metric, mode: neither the searcher nor TuneConfig says them; give them to TuneSearcher, as "
                        "Tune passes its own on only where param_space is not empty"
                    )
                goal = Goal((Maximize(_VALUE) if self._mode == "max" else Minimize(_VALUE),))
            self._goal = goal
            self._proposals = Proposals(self._space, self._algorithm, self._candidates, goal, self._given)
        return self._proposals

    def _rebuild(self, events: Sequence[Sequence[Any]], source: str) -> None:
        self._proposals = None
        if events:
            self._opened().replay(events, source)
