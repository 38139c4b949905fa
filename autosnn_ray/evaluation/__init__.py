"""Evaluation of networks and of paths: accuracy and spikes on one split."""

from autosnn_ray.evaluation.batch_norm import recalibrated
from autosnn_ray.evaluation.confusion import confusion_matrix
from autosnn_ray.evaluation.evaluate import evaluate, prefixes_for
from autosnn_ray.evaluation.losses import LOSSES
from autosnn_ray.evaluation.profiling import profile

__all__ = ["LOSSES", "confusion_matrix", "evaluate", "prefixes_for", "profile", "recalibrated"]
