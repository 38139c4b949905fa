"""Search algorithms by ask and tell. Need neither torch nor ray."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from autosnn_ray.algorithms.autosnn import AutoSNN
from autosnn_ray.algorithms.base import Algorithm, AskTell, Candidate, OnResult
from autosnn_ray.algorithms.enumeration import Enumeration
from autosnn_ray.algorithms.given import Given
from autosnn_ray.algorithms.map_elites import MapElites
from autosnn_ray.algorithms.nsga2 import NSGA2
from autosnn_ray.algorithms.optuna_search import Optuna
from autosnn_ray.algorithms.predictor_guided import PredictorGuided
from autosnn_ray.algorithms.random_search import RandomSearch
from autosnn_ray.algorithms.regularised import RegularisedEvolution
from autosnn_ray.algorithms.replay import replay
from autosnn_ray.algorithms.steady_state import SteadyState
from autosnn_ray.algorithms.stratified import Stratified
from autosnn_ray.algorithms.table import Table
from autosnn_ray.errors import InvalidInputError, unknown_name
from autosnn_ray.plugins import find

__all__ = [
    "ALGORITHMS",
    "NSGA2",
    "Algorithm",
    "AskTell",
    "AutoSNN",
    "Candidate",
    "Enumeration",
    "Given",
    "MapElites",
    "OnResult",
    "Optuna",
    "PredictorGuided",
    "RandomSearch",
    "RegularisedEvolution",
    "SteadyState",
    "Stratified",
    "Table",
    "algorithm_from_dict",
    "make_algorithm",
    "replay",
]

ALGORITHMS: dict[str, type[Algorithm]] = {
    "autosnn": AutoSNN,
    "random": RandomSearch,
    "stratified": Stratified,
    "enumeration": Enumeration,
    "given": Given,
    "steady_state": SteadyState,
    "regularised": RegularisedEvolution,
    "nsga2": NSGA2,
    "predictor_guided": PredictorGuided,
    "map_elites": MapElites,
    "optuna": Optuna,
}
"""Every algorithm by name. To add one here: a file with its settings and its state, and a line; from outside
``asr.register``."""


def make_algorithm(name: str, **settings: Any) -> Algorithm:
    """Makes an algorithm's settings by name.

    Args:
        name: Key of ``ALGORITHMS``.
        settings: Its own settings, and ``seed``.

    Raises:
        InvalidInputError: No such algorithm or setting, or a value that it refuses.

    Example:
        >>> make_algorithm("autosnn", seed=3).to_dict()["name"]
        'autosnn'
    """
    kind = find("algorithm", name, ALGORITHMS)
    known = [field.name for field in fields(kind)]
    for setting in settings:
        if setting not in known:
            raise unknown_name(f"setting of {name}", setting, known)
    try:
        return kind(**settings)
    except TypeError as error:
        raise InvalidInputError(f"settings of {name}: {error}") from error


def algorithm_from_dict(values: Mapping[str, Any]) -> Algorithm:
    """Builds the algorithm that ``Algorithm.to_dict`` wrote.

    Raises:
        InvalidInputError: It is not what was written.
    """
    try:
        name, settings = str(values["name"]), {str(key): value for key, value in values["settings"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInputError(f"algorithm: expected its name and settings, got {values!r}") from error
    find("algorithm", name, ALGORITHMS, "Was it one without a name, give it: resume(…, algorithm=…).")
    return make_algorithm(name, **settings)
