"""Evaluation of networks and of paths: accuracy and spikes on one split."""

from autosnn_ray.evaluation.evaluate import evaluate
from autosnn_ray.evaluation.evaluators import EVALUATORS, EvaluationData, Evaluator, make_evaluator
from autosnn_ray.evaluation.losses import LOSSES
from autosnn_ray.evaluation.profiling import profile

__all__ = ["EVALUATORS", "LOSSES", "EvaluationData", "Evaluator", "evaluate", "make_evaluator", "profile"]
