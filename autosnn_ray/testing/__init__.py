"""The laws that this toolkit's own algorithms, evaluators, blocks, objectives and data sets keep: to be run on yours.

Each ``check_…`` runs them all, in any test runner or none, and raises one error that names those that are broken::

    from autosnn_ray.testing import check_algorithm

    def test_my_algorithm_keeps_the_laws():
        check_algorithm(MyAlgorithm(steps=3))

What needs torch is loaded when it is first used: algorithms and objectives do without.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autosnn_ray.testing.algorithm_case import AlgorithmCase as AlgorithmCase
    from autosnn_ray.testing.algorithms import ALGORITHM_LAWS as ALGORITHM_LAWS
    from autosnn_ray.testing.algorithms import check_algorithm as check_algorithm
    from autosnn_ray.testing.blocks import BLOCK_LAWS as BLOCK_LAWS
    from autosnn_ray.testing.blocks import BlockCase as BlockCase
    from autosnn_ray.testing.blocks import check_block as check_block
    from autosnn_ray.testing.datasets import DATASET_LAWS as DATASET_LAWS
    from autosnn_ray.testing.datasets import DatasetCase as DatasetCase
    from autosnn_ray.testing.datasets import check_dataset as check_dataset
    from autosnn_ray.testing.evaluators import EVALUATOR_LAWS as EVALUATOR_LAWS
    from autosnn_ray.testing.evaluators import EvaluatorCase as EvaluatorCase
    from autosnn_ray.testing.evaluators import check_evaluator as check_evaluator
    from autosnn_ray.testing.evaluators import small_problem as small_problem
    from autosnn_ray.testing.laws import LawBrokenError as LawBrokenError
    from autosnn_ray.testing.objectives import OBJECTIVE_LAWS as OBJECTIVE_LAWS
    from autosnn_ray.testing.objectives import check_objective as check_objective

_HOME = {
    "ALGORITHM_LAWS": "algorithms",
    "AlgorithmCase": "algorithm_case",
    "check_algorithm": "algorithms",
    "BLOCK_LAWS": "blocks",
    "BlockCase": "blocks",
    "check_block": "blocks",
    "DATASET_LAWS": "datasets",
    "DatasetCase": "datasets",
    "check_dataset": "datasets",
    "EVALUATOR_LAWS": "evaluators",
    "EvaluatorCase": "evaluators",
    "check_evaluator": "evaluators",
    "small_problem": "evaluators",
    "LawBrokenError": "laws",
    "OBJECTIVE_LAWS": "objectives",
    "check_objective": "objectives",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
