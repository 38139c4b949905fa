"""Optuna's samplers as search algorithms, by Optuna's own ask and tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from autosnn_ray.algorithms.base import Algorithm, AskTell, Candidate
from autosnn_ray.algorithms.optuna_samplers import (
    check_sampler,
    check_settings,
    known_of,
    label_of,
    make_sampler,
)
from autosnn_ray.algorithms.optuna_trials import (
    Told,
    architecture_of,
    distributions_of,
    load_optuna,
    new_study,
    parameters_of,
)
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import Goal, Objective, SpikeAwareFitness
from autosnn_ray.space import Architecture, SearchSpace

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from optuna.study import Study
    from optuna.trial import Trial


@dataclass(frozen=True)
class Optuna(Algorithm):
    """A sampler of Optuna's: each slot a categorical parameter; several objectives and constraints where it has them.

    What the sampler proposes a second time is told what is known of it, and not evaluated again; after some tries an
    architecture never seen is drawn at random. Candidates that failed are told as failed. What is proposed depends on
    the order of results. Needs the extra ``optuna``. Source: Akiba et al., KDD 2019; TPE: Bergstra et al., NeurIPS
    2011, and Watanabe, arXiv 2304.11127.

    Attributes:
        sampler: ``tpe``, ``gp``, ``nsga2`` or ``nsga3``; or a sampler made already, or a class or function that makes
            one of ``settings``, and of ``seed`` where it takes one.
        settings: Of the sampler, by name, such as ``{"population_size": 50}``.
        seed: What every random draw comes from.

    Raises:
        InvalidInputError: No such sampler, CMA-ES, or settings that a journal cannot hold.

    Example:
        >>> import search_spaces
        >>> state = Optuna(seed=0).start(search_spaces.load("digits_16"), 2)
        >>> state.ask().origin
        'tpe'
    """

    name: ClassVar[str] = "optuna"
    summary: ClassVar[str] = "a sampler of Optuna's, by its setting sampler: tpe, gp, nsga2 or nsga3"
    order_matters: ClassVar[bool] = True
    sampler: Any = "tpe"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sampler(self.sampler)
        check_settings(self.sampler, self.settings)

    @property
    def resumes(self) -> str:
        """Exactly with a sampler that is known by name and the versions of before; else statistically."""
        return "exactly" if isinstance(self.sampler, str) else "statistically"

    @property
    def packages(self) -> tuple[str, ...]:
        """What decides the sampler's proposals."""
        return known_of(self.sampler).packages

    def to_dict(self) -> dict[str, Any]:
        """Returns name and settings as plain values; a sampler of one's own by module and name."""
        settings = {"seed": self.seed, "sampler": label_of(self.sampler), "settings": dict(self.settings)}
        return {"name": self.name, "settings": settings}

    def make(self, *seeds: int) -> BaseSampler:
        """Makes the sampler; its own seed comes from the algorithm's and further numbers."""
        seed = int(np.random.SeedSequence([self.seed, *seeds]).generate_state(1)[0])
        return make_sampler(self.sampler, self.settings, seed)

    def start(self, space: SearchSpace, candidates: int, goal: Goal | Objective | None = None) -> OptunaSearch:
        """Begins a search; see ``Algorithm.start``."""
        return OptunaSearch(self, space, candidates, Goal.of(SpikeAwareFitness() if goal is None else goal))


class OptunaSearch(AskTell):
    """A search whose trials are in a study.

    Attributes:
        study: The study, in memory: a trial for each candidate, and for each that was proposed once more.
    """

    def __init__(self, settings: Optuna, space: SearchSpace, candidates: int, goal: Goal) -> None:
        super().__init__(space, candidates, np.random.default_rng(settings.seed))
        self._settings, self._goal = settings, goal
        self._about = known_of(settings.sampler)
        self._origin = label_of(settings.sampler).rpartition(":")[-1]
        self._distributions = distributions_of(space)
        self.study: Study = new_study(goal, sampler=settings.make())
        self._running: dict[int, Trial] = {}
        self._numbers: dict[Architecture, int] = {}
        self._architectures: dict[int, Architecture] = {}
        self._told: dict[int, Told | None] = {}

    def propose(self) -> Candidate | None:
        """Asks the sampler until it proposes what was never seen, and tells it what is known of all else."""
        repeated: list[int] = []
        for attempt in range(self._about.tries):
            if self._about.is_fresh:
                self.study.sampler = self._settings.make(self.asked, attempt)
            trial = self.study.ask(self._distributions)
            architecture = architecture_of(trial.params)
            if self.take_new([architecture], 1):
                return self._candidate(trial, architecture, self._origin, repeated)
            known = self._numbers.get(architecture)
            self._finish(trial, None if known is None else self._told.get(known))
            repeated += [] if known is None else [known]
        # Drawn from the candidate's number alone, as if the search had just been resumed.
        self.rng, self._shuffled = np.random.default_rng([self._settings.seed, self.asked]), None
        drawn = self.draw_new(1, self._about.tries)
        return self._candidate(self._ask_for(drawn[0]), drawn[0], "random", repeated) if drawn else None

    def take_up(self, written: Candidate) -> Candidate | None:
        """Takes up what a journal holds, whatever the sampler may propose now.

        A sampler that is made anew for each proposal draws nothing; another's own state must come to where it was, so
        that it proposes again, and what is not what was written fails.
        """
        if self._about.is_fresh:
            for index in written.repeated:
                self._finish(self._ask_for(self._architectures[index]), self._told.get(index))
        else:
            proposed = self.propose()
            if proposed is not None:
                if proposed == written:
                    return proposed
                self._seen.discard(proposed.architecture)
                del self._numbers[self._architectures.pop(proposed.index)]
                self._finish(self._running.pop(proposed.index), None)
        self._seen.add(written.architecture)
        trial = self._ask_for(written.architecture)
        return self._candidate(trial, written.architecture, written.origin, written.repeated)

    def learn(self, candidate: Candidate, evaluation: Evaluation | None) -> None:
        """Tells the study; an evaluation that the goal cannot rank counts as failed."""
        told = self._told[candidate.index] = Told.of(evaluation, self._goal)
        if candidate.index not in self._running:  # the search was given it to begin with
            self._note(candidate.index, candidate.architecture, self._ask_for(candidate.architecture))
        self._finish(self._running.pop(candidate.index), told)

    def _candidate(self, trial: Trial, architecture: Architecture, origin: str, repeated: Iterable[int]) -> Candidate:
        self._note(self.asked, architecture, trial)
        return Candidate(self.asked, architecture, origin, repeated=tuple(repeated))

    def _note(self, index: int, architecture: Architecture, trial: Trial) -> None:
        self._running[index], self._numbers[architecture], self._architectures[index] = trial, index, architecture

    def _ask_for(self, architecture: Architecture) -> Trial:
        """Begins a trial of an architecture; the sampler is asked too, as some take note of every trial then."""
        self.study.enqueue_trial(parameters_of(architecture))
        trial = self.study.ask()
        if not self._about.is_fresh:
            _ = trial.relative_params
        for place, slot in enumerate(self.space.slots):
            trial.suggest_categorical(f"slot_{place}", slot.choices)
        return trial

    def _finish(self, trial: Trial, told: Told | None) -> None:
        """Ends a trial; without anything known, such as of one that is still under way, it has failed."""
        for text, excess in (told.constraints if told else {}).items():
            trial.set_constraint(text, excess)
        state = load_optuna().trial.TrialState
        self.study.tell(trial, told.values if told else None, state.COMPLETE if told else state.FAIL)
