"""What a search aims at: objectives, and constraints on measures. Needs neither torch nor ray."""

from autosnn_ray.objectives.constraint import Constraint
from autosnn_ray.objectives.fitness import DEFAULT_EXPONENT, SpikeAwareFitness
from autosnn_ray.objectives.goal import Goal, Judgement
from autosnn_ray.objectives.grid import Axis, Cell, Grid
from autosnn_ray.objectives.measured import Maximize, Minimize
from autosnn_ray.objectives.objective import OBJECTIVES, Objective, objective_from_dict

OBJECTIVES |= {"fitness": SpikeAwareFitness, "maximize": Maximize, "minimize": Minimize}

__all__ = [
    "DEFAULT_EXPONENT",
    "OBJECTIVES",
    "Axis",
    "Cell",
    "Constraint",
    "Goal",
    "Grid",
    "Judgement",
    "Maximize",
    "Minimize",
    "Objective",
    "SpikeAwareFitness",
    "objective_from_dict",
]
