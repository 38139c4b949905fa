"""Spike-aware architecture search for spiking neural networks, as a population search on Ray Tune.

Importing this package imports neither torch nor ray; what needs them is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autosnn_ray.algorithms import ALGORITHMS as ALGORITHMS
    from autosnn_ray.algorithms import Algorithm as Algorithm
    from autosnn_ray.algorithms import AutoSNN as AutoSNN
    from autosnn_ray.algorithms import Candidate as Candidate
    from autosnn_ray.algorithms import RandomSearch as RandomSearch
    from autosnn_ray.algorithms import SteadyState as SteadyState
    from autosnn_ray.algorithms import Table as Table
    from autosnn_ray.allocator import keep_freed_memory as keep_freed_memory
    from autosnn_ray.cards import ModelCard as ModelCard
    from autosnn_ray.cluster.final import final as final
    from autosnn_ray.cluster.final import halving as halving
    from autosnn_ray.cluster.rank import rank as rank
    from autosnn_ray.cluster.retrain import retrain as retrain
    from autosnn_ray.cluster.search import resume as resume
    from autosnn_ray.cluster.search import search as search
    from autosnn_ray.cluster.survey import survey as survey
    from autosnn_ray.cluster.train import train_on_ray as train_on_ray
    from autosnn_ray.data import DATASETS as DATASETS
    from autosnn_ray.data import Dataset as Dataset
    from autosnn_ray.data import load_dataset as load_dataset
    from autosnn_ray.evaluation import evaluate as evaluate
    from autosnn_ray.evaluation import profile as profile
    from autosnn_ray.evaluations import Evaluation as Evaluation
    from autosnn_ray.evaluations import Failure as Failure
    from autosnn_ray.evaluators import EVALUATORS as EVALUATORS
    from autosnn_ray.evaluators import make_evaluator as make_evaluator
    from autosnn_ray.objectives import SpikeAwareFitness as SpikeAwareFitness
    from autosnn_ray.pipeline import reproduce as reproduce
    from autosnn_ray.profiles import EnergyModel as EnergyModel
    from autosnn_ray.profiles import Profile as Profile
    from autosnn_ray.run import Reproduction as Reproduction
    from autosnn_ray.run import Retraining as Retraining
    from autosnn_ray.run import Run as Run
    from autosnn_ray.space import SearchSpace as SearchSpace
    from autosnn_ray.spiking.network import SpikingNetwork as SpikingNetwork
    from autosnn_ray.spiking.neurons import NeuronSettings as NeuronSettings
    from autosnn_ray.spiking.official import load_official_state as load_official_state
    from autosnn_ray.training import Supernet as Supernet
    from autosnn_ray.training import TrainedNetwork as TrainedNetwork
    from autosnn_ray.training import TrainSettings as TrainSettings
    from autosnn_ray.training import open_network as open_network
    from autosnn_ray.training import train_alone as train_alone
    from autosnn_ray.training import train_supernet as train_supernet

_HOME = {
    "ALGORITHMS": "algorithms",
    "Algorithm": "algorithms",
    "AutoSNN": "algorithms",
    "Candidate": "algorithms",
    "RandomSearch": "algorithms",
    "SteadyState": "algorithms",
    "Table": "algorithms",
    "keep_freed_memory": "allocator",
    "resume": "cluster.search",
    "search": "cluster.search",
    "rank": "cluster.rank",
    "survey": "cluster.survey",
    "retrain": "cluster.retrain",
    "final": "cluster.final",
    "halving": "cluster.final",
    "train_on_ray": "cluster.train",
    "DATASETS": "data",
    "Dataset": "data",
    "load_dataset": "data",
    "EVALUATORS": "evaluators",
    "evaluate": "evaluation",
    "make_evaluator": "evaluators",
    "profile": "evaluation",
    "EnergyModel": "profiles",
    "Profile": "profiles",
    "Evaluation": "evaluations",
    "Failure": "evaluations",
    "SpikeAwareFitness": "objectives",
    "Run": "run",
    "Reproduction": "run",
    "Retraining": "run",
    "reproduce": "pipeline",
    "ModelCard": "cards",
    "SearchSpace": "space",
    "SpikingNetwork": "spiking.network",
    "NeuronSettings": "spiking.neurons",
    "load_official_state": "spiking.official",
    "Supernet": "training",
    "TrainSettings": "training",
    "TrainedNetwork": "training",
    "open_network": "training",
    "train_alone": "training",
    "train_supernet": "training",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
