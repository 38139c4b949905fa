"""Spike-aware architecture search for spiking neural networks, as a population search on Ray Tune.

Importing this package imports neither torch nor ray; what needs them is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autosnn_ray.algorithms import ALGORITHMS as ALGORITHMS
    from autosnn_ray.algorithms import NSGA2 as NSGA2
    from autosnn_ray.algorithms import Algorithm as Algorithm
    from autosnn_ray.algorithms import AutoSNN as AutoSNN
    from autosnn_ray.algorithms import Candidate as Candidate
    from autosnn_ray.algorithms import MapElites as MapElites
    from autosnn_ray.algorithms import Optuna as Optuna
    from autosnn_ray.algorithms import PredictorGuided as PredictorGuided
    from autosnn_ray.algorithms import RandomSearch as RandomSearch
    from autosnn_ray.algorithms import RegularisedEvolution as RegularisedEvolution
    from autosnn_ray.algorithms import SteadyState as SteadyState
    from autosnn_ray.algorithms import Table as Table
    from autosnn_ray.allocator import keep_freed_memory as keep_freed_memory
    from autosnn_ray.cards import ModelCard as ModelCard
    from autosnn_ray.cluster.executor import Asha as Asha
    from autosnn_ray.cluster.executor import Ray as Ray
    from autosnn_ray.cluster.train import train_on_ray as train_on_ray
    from autosnn_ray.cluster.tune_searcher import TuneSearcher as TuneSearcher
    from autosnn_ray.cluster.tuning import slot_choices as slot_choices
    from autosnn_ray.cluster.tuning import trainable as trainable
    from autosnn_ray.data import DATASETS as DATASETS
    from autosnn_ray.data import Dataset as Dataset
    from autosnn_ray.data import load_dataset as load_dataset
    from autosnn_ray.evaluation import evaluate as evaluate
    from autosnn_ray.evaluation import profile as profile
    from autosnn_ray.evaluations import Evaluation as Evaluation
    from autosnn_ray.evaluations import Failure as Failure
    from autosnn_ray.evaluations import Measure as Measure
    from autosnn_ray.evaluators import EVALUATORS as EVALUATORS
    from autosnn_ray.evaluators import Evaluator as Evaluator
    from autosnn_ray.evaluators import FineTunedPath as FineTunedPath
    from autosnn_ray.evaluators import Predictor as Predictor
    from autosnn_ray.evaluators import RecalibratedPath as RecalibratedPath
    from autosnn_ray.evaluators import SupernetPath as SupernetPath
    from autosnn_ray.evaluators import TrainFromPath as TrainFromPath
    from autosnn_ray.evaluators import TrainFromScratch as TrainFromScratch
    from autosnn_ray.evaluators import TrainingFree as TrainingFree
    from autosnn_ray.evaluators import make_evaluator as make_evaluator
    from autosnn_ray.measures import MEASURES as MEASURES
    from autosnn_ray.measures import Known as Known
    from autosnn_ray.measures import Measured as Measured
    from autosnn_ray.objectives import Constraint as Constraint
    from autosnn_ray.objectives import Goal as Goal
    from autosnn_ray.objectives import Maximize as Maximize
    from autosnn_ray.objectives import Minimize as Minimize
    from autosnn_ray.objectives import Objective as Objective
    from autosnn_ray.objectives import SpikeAwareFitness as SpikeAwareFitness
    from autosnn_ray.problem import Problem as Problem
    from autosnn_ray.profiles import EnergyModel as EnergyModel
    from autosnn_ray.profiles import Profile as Profile
    from autosnn_ray.registration import register as register
    from autosnn_ray.runs.batches import Batch as Batch
    from autosnn_ray.runs.batches import evaluate_all as evaluate_all
    from autosnn_ray.runs.executors import Local as Local
    from autosnn_ray.runs.optuna_study import to_optuna as to_optuna
    from autosnn_ray.runs.predictor import fit_predictor as fit_predictor
    from autosnn_ray.runs.resuming import resume as resume
    from autosnn_ray.runs.run import Reproduction as Reproduction
    from autosnn_ray.runs.run import Retraining as Retraining
    from autosnn_ray.runs.run import Run as Run
    from autosnn_ray.runs.search import search as search
    from autosnn_ray.runs.swept import sweep_table as sweep_table
    from autosnn_ray.space import SearchSpace as SearchSpace
    from autosnn_ray.spiking.layer_parts import SpikingBlock as SpikingBlock
    from autosnn_ray.spiking.network import SpikingNetwork as SpikingNetwork
    from autosnn_ray.spiking.neurons import NeuronSettings as NeuronSettings
    from autosnn_ray.spiking.official import load_official_state as load_official_state
    from autosnn_ray.studies.fidelity import fidelity as fidelity
    from autosnn_ray.studies.finalists import train_finalists as train_finalists
    from autosnn_ray.studies.halving import halving_rounds as halving_rounds
    from autosnn_ray.studies.halving import successive_halving as successive_halving
    from autosnn_ray.studies.reproduction import reproduce as reproduce
    from autosnn_ray.studies.retraining import retrain as retrain
    from autosnn_ray.studies.sweep import sweep_exponents as sweep_exponents
    from autosnn_ray.studies.transfer import transfer as transfer
    from autosnn_ray.training import Supernet as Supernet
    from autosnn_ray.training import TrainedNetwork as TrainedNetwork
    from autosnn_ray.training import TrainSettings as TrainSettings
    from autosnn_ray.training import open_network as open_network
    from autosnn_ray.training import train_from_scratch as train_from_scratch
    from autosnn_ray.training import train_supernet as train_supernet

_HOME = {
    "ALGORITHMS": "algorithms",
    "Algorithm": "algorithms",
    "AutoSNN": "algorithms",
    "Candidate": "algorithms",
    "NSGA2": "algorithms",
    "MapElites": "algorithms",
    "Optuna": "algorithms",
    "PredictorGuided": "algorithms",
    "RegularisedEvolution": "algorithms",
    "RandomSearch": "algorithms",
    "SteadyState": "algorithms",
    "Table": "algorithms",
    "keep_freed_memory": "allocator",
    "ModelCard": "cards",
    "Asha": "cluster.executor",
    "Ray": "cluster.executor",
    "train_on_ray": "cluster.train",
    "TuneSearcher": "cluster.tune_searcher",
    "slot_choices": "cluster.tuning",
    "trainable": "cluster.tuning",
    "DATASETS": "data",
    "Dataset": "data",
    "load_dataset": "data",
    "evaluate": "evaluation",
    "profile": "evaluation",
    "Evaluation": "evaluations",
    "Failure": "evaluations",
    "Measure": "evaluations",
    "EVALUATORS": "evaluators",
    "Evaluator": "evaluators",
    "FineTunedPath": "evaluators",
    "Predictor": "evaluators",
    "RecalibratedPath": "evaluators",
    "SupernetPath": "evaluators",
    "TrainFromPath": "evaluators",
    "TrainFromScratch": "evaluators",
    "TrainingFree": "evaluators",
    "make_evaluator": "evaluators",
    "MEASURES": "measures",
    "Known": "measures",
    "Measured": "measures",
    "Constraint": "objectives",
    "Goal": "objectives",
    "Maximize": "objectives",
    "Minimize": "objectives",
    "Objective": "objectives",
    "SpikeAwareFitness": "objectives",
    "Problem": "problem",
    "EnergyModel": "profiles",
    "Profile": "profiles",
    "register": "registration",
    "Local": "runs.executors",
    "to_optuna": "runs.optuna_study",
    "Reproduction": "runs.run",
    "Retraining": "runs.run",
    "Run": "runs.run",
    "Batch": "runs.batches",
    "evaluate_all": "runs.batches",
    "resume": "runs.resuming",
    "search": "runs.search",
    "SearchSpace": "space",
    "SpikingBlock": "spiking.layer_parts",
    "SpikingNetwork": "spiking.network",
    "NeuronSettings": "spiking.neurons",
    "load_official_state": "spiking.official",
    "fidelity": "studies.fidelity",
    "train_finalists": "studies.finalists",
    "halving_rounds": "studies.halving",
    "successive_halving": "studies.halving",
    "fit_predictor": "runs.predictor",
    "reproduce": "studies.reproduction",
    "retrain": "studies.retraining",
    "transfer": "studies.transfer",
    "sweep_exponents": "studies.sweep",
    "sweep_table": "runs.swept",
    "Supernet": "training",
    "TrainSettings": "training",
    "TrainedNetwork": "training",
    "open_network": "training",
    "train_from_scratch": "training",
    "train_supernet": "training",
}

_FORMERLY = {
    "final": "successive_halving",
    "halving": "halving_rounds",
    "rank": "fidelity",
    "register_neuron": "register",
    "survey": "fit_predictor",
    "train_alone": "train_from_scratch",
}
"""What was known by another name in the release before."""

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _FORMERLY:
        raise AttributeError(f"{__name__}.{name} is now {__name__}.{_FORMERLY[name]}; see CHANGELOG.md")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
