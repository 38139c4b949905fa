"""Optuna's samplers by name, and samplers of a user's own."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autosnn_ray.algorithms.optuna_trials import load_optuna, quietly
from autosnn_ray.errors import InvalidInputError, unknown_name

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@dataclass(frozen=True)
class Sampler:
    """What is known of a sampler.

    Attributes:
        kind: Its class in ``optuna.samplers``.
        defaults: Settings in which the toolkit's default is not Optuna's.
        is_fresh: Whether each proposal is made by a new sampler, seeded by the candidate's number: it needs nothing but
            the study's trials, and goes on with a journal without drawing everything again.
        tries: How often it may propose something that is known, before one that is not is drawn at random.
        packages: What decides its proposals besides Optuna.
    """

    kind: str
    defaults: Mapping[str, Any] = field(default_factory=dict)
    is_fresh: bool = False
    tries: int = 50
    packages: tuple[str, ...] = ("optuna", "scipy")


SAMPLERS: dict[str, Sampler] = {
    "tpe": Sampler("TPESampler", {"multivariate": True}, is_fresh=True),
    "gp": Sampler("GPSampler", is_fresh=True, tries=3),
    "nsga2": Sampler("NSGAIISampler", {"population_size": 20}),
    "nsga3": Sampler("NSGAIIISampler", {"population_size": 20}),
}
"""Optuna's samplers by name. TPE treats slots as independent where there are several objectives, unless told not to."""

OWN = Sampler("", packages=("optuna",))
"""A sampler that is given from Python: nothing is known of it."""

_FIXED = ("seed", "multivariate", "constraints_func")
_NO_CATEGORIES = (
    "CMA-ES adapts a covariance of numbers: of slots, which are categorical, it draws at random whatever it is told; "
    "take tpe, gp, nsga2 or nsga3"
)


def check_sampler(sampler: object) -> None:
    """Refuses what is neither a sampler's name nor a sampler, nor makes one.

    Raises:
        InvalidInputError: It is none, or CMA-ES.
    """
    name = sampler if isinstance(sampler, str) else label_of(sampler).rpartition(":")[-1]
    if name.lower().replace("_", "").replace("-", "") in ("cmaes", "cmaessampler"):
        raise InvalidInputError(f"sampler {name}: {_NO_CATEGORIES}")
    if isinstance(sampler, str):
        if ":" in sampler:
            raise InvalidInputError(
                f"sampler {sampler}: it is of one's own, and no file's word imports it; give it again from Python: "
                "Optuna(sampler=…)"
            )
        if sampler not in SAMPLERS:
            hint = "A sampler of your own is given from Python: Optuna(sampler=MySampler)."
            raise unknown_name("sampler", sampler, SAMPLERS, hint)
    elif not (callable(sampler) or hasattr(sampler, "sample_relative")):
        raise InvalidInputError(
            f"sampler: expected one of {', '.join(SAMPLERS)}, a sampler of Optuna's or what makes one, got {sampler!r}"
        )


def label_of(sampler: object) -> str:
    """Returns how a journal names a sampler: by its name, one of a user's own as ``module:name``."""
    if isinstance(sampler, str):
        return sampler
    named = sampler if hasattr(sampler, "__qualname__") else type(sampler)
    return f"{named.__module__}:{named.__qualname__}"


def known_of(sampler: object) -> Sampler:
    """Returns what is known of a sampler."""
    return SAMPLERS[sampler] if isinstance(sampler, str) else OWN


def make_sampler(sampler: Any, settings: Mapping[str, Any], seed: int) -> BaseSampler:
    """Makes a sampler.

    Args:
        sampler: Its name, an instance, which is copied, or what makes one of settings.
        settings: Of its constructor.
        seed: What its draws come from; one of a user's own gets it where it takes a ``seed``.

    Raises:
        InvalidInputError: A setting that it has not, or what is made is no sampler.
    """
    optuna = load_optuna()
    if isinstance(sampler, optuna.samplers.BaseSampler):
        if settings:
            raise InvalidInputError("settings: expected none beside a sampler that is made already; give its class")
        made: Any = copy.deepcopy(sampler)
    else:
        make: Callable[..., Any] = (
            getattr(optuna.samplers, SAMPLERS[sampler].kind) if isinstance(sampler, str) else sampler
        )
        known = inspect.signature(make).parameters
        kwargs = {**known_of(sampler).defaults, **settings}
        if "seed" in known:
            kwargs["seed"] = seed
        with quietly():
            try:
                made = make(**kwargs)
            except (TypeError, ValueError) as error:
                free = ", ".join(name for name in known if name not in _FIXED) or "none"
                raise InvalidInputError(f"settings of {label_of(sampler)}: {error}; it has: {free}") from error
    if not isinstance(made, optuna.samplers.BaseSampler):
        raise InvalidInputError(f"sampler {label_of(sampler)}: expected a sampler of Optuna's, got {made!r}")
    check_sampler(made)
    found: BaseSampler = made
    return found


def check_settings(sampler: object, settings: object) -> None:
    """Refuses settings that a journal cannot hold, and those that are the toolkit's to set.

    Raises:
        InvalidInputError: There is such a one.
    """
    if not isinstance(settings, Mapping) or not all(isinstance(name, str) for name in settings):
        raise InvalidInputError(f"settings: expected those of the sampler by name, got {settings!r}")
    for name, value in settings.items():
        if name in _FIXED and isinstance(sampler, str):
            raise InvalidInputError(
                f"settings of {sampler}: {name} is not one to set: the seed is the algorithm's, constraints are the "
                "search's, and TPE is always multivariate"
            )
        if not isinstance(value, str | int | float | bool | None):
            raise InvalidInputError(
                f"settings of {label_of(sampler)}: expected numbers and texts, which a journal can hold, got "
                f"{name}={value!r}; a sampler that takes more is given ready made"
            )
