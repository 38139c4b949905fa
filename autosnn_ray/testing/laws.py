"""What a law is: a function of a case that raises where the case breaks it. Its docstring is the law's text."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, TypeVar

import numpy as np

Case = TypeVar("Case")
Law = Callable[[Case], None]


class LawBrokenError(AssertionError):
    """A law that something registered does not keep; the text says which, and what was found."""


def broken(found: str) -> NoReturn:
    """Says what breaks a law."""
    raise LawBrokenError(found)


def require(is_kept: object, found: str) -> None:
    """Says what breaks a law, where it is not kept."""
    if not is_kept:
        broken(found)


def refuses(call: Callable[[], Any], error: type[Exception], what: str) -> None:
    """Requires that something is refused by an error of a class."""
    try:
        call()
    except error:
        return
    broken(f"{what} was not refused by {error.__name__}")


def global_numpy_state() -> bytes:
    """Returns the state of NumPy's global random generator, which nothing here may draw from."""
    return pickle.dumps(np.random.get_state())  # noqa: NPY002 - it is looked at alone


def by_name(laws: Iterable[Law[Case]]) -> dict[str, Law[Case]]:
    """Returns laws by the names of their functions."""
    return {str(law.__name__): law for law in laws}


def obey(subject: str, laws: Mapping[str, Law[Case]], cases: Iterable[Case]) -> None:
    """Runs laws on cases.

    Args:
        subject: What is held against them, for the error.
        laws: The laws by name.
        cases: What each is run on.

    Raises:
        LawBrokenError: Names every law that is broken, and what was found.
    """
    found: list[str] = []
    first: Exception | None = None
    cases = list(cases)
    for name, law in laws.items():
        for case in cases:
            try:
                law(case)
            except Exception as error:  # noqa: BLE001 - whatever it raises breaks the law
                said = str(error) if isinstance(error, LawBrokenError) else f"{type(error).__name__}: {error}"
                text = " ".join((law.__doc__ or name).split())
                found.append(f"{name} ({text}) {said}")
                first = first or error
                break
    if found:
        raise LawBrokenError(f"{subject} breaks {len(found)} of {len(laws)} laws:\n  " + "\n  ".join(found)) from first
