"""The paper's design choices: macro structures and block families against each other, trained from scratch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluators import TrainFromScratch
from autosnn_ray.problem import Problem
from autosnn_ray.recipes import Recipe
from autosnn_ray.runs.batches import Batch, evaluate_all
from autosnn_ray.runs.executors import Executor, OpenExecutor
from autosnn_ray.runs.run import DesignChoices
from autosnn_ray.space import format_architecture
from autosnn_ray.studies.recipe_parts import begin, settings_of
from autosnn_ray.studies.structures import AVG_POOL, STRUCTURES, carried, structures
from autosnn_ray.studies.watch import Watch


@dataclass(frozen=True)
class Design:
    """A macro structure with neurons of one kind, and what is trained in it.

    Attributes:
        structure: Key of ``STRUCTURES``.
        problem: Its space, with data, T and neurons.
        architectures: What is trained, and what each is called in SNN_1.
    """

    structure: str
    problem: Problem
    architectures: Mapping[str, str]

    @property
    def is_silent(self) -> bool:
        """Whether no information passes: neurons that are fed by averages of spikes can never fire."""
        space = self.problem.space
        averages = space.head == "global_average" or any(layer.kind == AVG_POOL for layer in space.layers)
        return averages and self.problem.neuron.is_silent_on_averages

    @property
    def folder(self) -> str:
        """Where its run is, below the reproduction's folder."""
        return f"designs/{self.structure},decay_input={str(self.problem.neuron.decay_input).lower()}"

    def to_dict(self) -> dict[str, Any]:
        """Returns what is read beside the run."""
        return {
            "folder": self.folder,
            "structure": self.structure,
            "what": STRUCTURES[self.structure][0],
            "decay_input": self.problem.neuron.decay_input,
            "is_silent": self.is_silent,
            "feature_size": list(self.problem.space.feature_size),
            "architectures": dict(self.architectures),
        }


def designs_of(recipe: Recipe, problem: Problem) -> list[Design]:
    """Returns what a recipe compares: each macro structure with the neurons' own ``decay_input`` and with the other.

    The architectures of the recipe are trained in all of them, the blocks, each in every slot, in the first alone.

    Raises:
        InvalidInputError: A block or an architecture that there is not, or a space that nothing can be derived from.
    """
    shared, blocks = list(recipe.retrain["architectures"]), list(map(str, (recipe.designs or {})["blocks"]))
    choices = list(dict.fromkeys([*blocks, *(block for one in shared for block in str(one).split("/"))]))
    spaces = structures(problem.space, choices)
    first = spaces["SNN_1"]
    given = [format_architecture(first.parse(one)) for one in shared]
    whole = ["/".join([block] * len(first.slots)) for block in blocks]
    found = []
    for decays in (problem.neuron.decay_input, not problem.neuron.decay_input):
        neuron = replace(problem.neuron, decay_input=decays)
        for name, space in spaces.items():
            is_first = name == "SNN_1" and neuron == problem.neuron
            named = {
                format_architecture(carried(one.split("/"), first, space)): one
                for one in dict.fromkeys([*given, *(whole if is_first else [])])
            }
            found.append(Design(name, replace(problem, space=space, neuron=neuron), named))
    return found


def compare_designs(
    recipe: Recipe,
    problem: Problem,
    *,
    path: Path,
    started: Mapping[str, Any],
    executor: Executor | OpenExecutor,
    watch: Watch,
) -> DesignChoices:
    """Trains what a recipe compares, each design as a run of its own; the same call goes on where it was cut off.

    A design in which no information passes learns nothing with whatever seed: it is trained with the first alone.

    Args:
        recipe: One with ``designs``.
        problem: Its space is SNN_1.
        path: Where everything is kept.
        started: What the reproduction is started with; ``seed`` is that of each architecture's first training.
        executor: Where.
        watch: Who is told how it goes on.

    Raises:
        InvalidInputError: An entry of the recipe is not what is needed.
        RunExistsError: The folder holds something else.
    """
    seeds, settings = recipe.retrain.get("seeds", 1), settings_of(recipe.retrain)
    if seeds < 1:
        raise InvalidInputError(f"retrain.seeds: expected at least 1, got {seeds}")
    evaluator = TrainFromScratch(settings.epochs, started["seed"], training=settings.to_dict())
    designs = designs_of(recipe, problem)
    begin(path, {**started, "designs": [one.to_dict() for one in designs]})
    with watch.retraining(searched=False) as on_run:
        batches = []
        for design in designs:
            repetitions = 1 if design.is_silent else seeds
            title = Path(design.folder).name
            batches.append(
                Batch.of(
                    design.problem,
                    evaluator,
                    list(design.architectures),
                    path=path / design.folder,
                    repetitions=repetitions,
                    on_result=on_run(title, repetitions * len(design.architectures)) if on_run else None,
                )
            )
        evaluate_all(batches, executor=executor)
    return DesignChoices(path)
