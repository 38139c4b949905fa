"""The laws that this toolkit's own algorithms, evaluators, blocks, objectives and data sets keep: to be run on yours.

Each ``check_…`` runs them all, in any test runner or none, and raises one error that names those that are broken::

    from autosnn_ray.testing import check_algorithm

    def test_my_algorithm_keeps_the_laws():
        check_algorithm(MyAlgorithm(steps=3))
"""

from autosnn_ray.testing.algorithms import ALGORITHM_LAWS, AlgorithmCase, check_algorithm
from autosnn_ray.testing.blocks import BLOCK_LAWS, BlockCase, check_block
from autosnn_ray.testing.datasets import DATASET_LAWS, DatasetCase, check_dataset
from autosnn_ray.testing.evaluators import EVALUATOR_LAWS, EvaluatorCase, check_evaluator, small_problem
from autosnn_ray.testing.laws import LawBrokenError
from autosnn_ray.testing.objectives import OBJECTIVE_LAWS, check_objective

__all__ = [
    "ALGORITHM_LAWS",
    "BLOCK_LAWS",
    "DATASET_LAWS",
    "EVALUATOR_LAWS",
    "OBJECTIVE_LAWS",
    "AlgorithmCase",
    "BlockCase",
    "DatasetCase",
    "EvaluatorCase",
    "LawBrokenError",
    "check_algorithm",
    "check_block",
    "check_dataset",
    "check_evaluator",
    "check_objective",
    "small_problem",
]
