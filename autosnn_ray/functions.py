"""How a function of one's own is known to a journal."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable
from typing import Any

from autosnn_ray.errors import InvalidInputError


def describe_function(function: Callable[..., Any], what: str = "function") -> dict[str, Any]:
    """Returns where a function stands, and what a partial one, or the object that is called, was given.

    Args:
        function: The function, or an object that can be called.
        what: What it is, for the error.

    Raises:
        InvalidInputError: It was given what a journal cannot hold.

    Example:
        >>> describe_function(functools.partial(round, ndigits=2))
        {'name': 'builtins:round', 'settings': {'ndigits': 2}}
    """
    found: Any = function
    settings: dict[str, Any] = {}
    while isinstance(found, functools.partial):
        given = {**{str(place): value for place, value in enumerate(found.args)}, **found.keywords}
        settings = {**given, **settings}
        found = found.func
    called = getattr(found, "__self__", None if hasattr(found, "__qualname__") else found)
    if not inspect.ismodule(called):  # what is built in is bound to its module
        settings = {**getattr(called, "__dict__", {}), **settings}
    named: Any = found if hasattr(found, "__qualname__") else type(found)
    name = f"{named.__module__}:{named.__qualname__}"
    try:
        json.dumps(settings)
    except TypeError as error:
        raise InvalidInputError(
            f"{what} {name}: expected arguments that a journal can hold (numbers, texts, lists of these), "
            f"got {settings!r}: {error}"
        ) from error
    return {"name": name, "settings": settings}
