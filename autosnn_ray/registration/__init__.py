"""The one way to add something of one's own: ``@asr.register``. Imports neither torch nor ray by itself."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar, overload

from autosnn_ray.errors import InvalidInputError, unknown_name
from autosnn_ray.own_code import ENTRIES, Entry, file, registry_at
from autosnn_ray.registration.kinds import KINDS, Kind

__all__ = ["KINDS", "register"]

Given = TypeVar("Given")

_NAME = re.compile(r"[A-Za-z_][\w.:-]*", re.ASCII)


@overload
def register(given: Given, /, *, kind: str = ..., name: str = ..., **about: Any) -> Given: ...
@overload
def register(given: None = ..., /, *, kind: str = ..., name: str = ..., **about: Any) -> Callable[[Given], Given]: ...
def register(given: Any = None, /, *, kind: str = "", name: str = "", **about: Any) -> Any:
    """Gives something of one's own a name, by which journals, spaces and the command line know it.

    A decorator, or a call. What a class is, the class that it derives from says; of a function, ``kind`` does:

    ====================  =================================================  ====================================
    kind                  what is given                                      named by
    ====================  =================================================  ====================================
    ``algorithm``         a frozen dataclass derived from ``asr.Algorithm``  its ``name``
    ``evaluator``         … from ``asr.Evaluator``                           its ``name``
    ``objective``         … from ``asr.Objective``                           its ``kind``
    ``block``             a class derived from ``SpikingBlock``, or what     ``name=``; further ``kernel=``,
                          makes one from (block, channels in, channels out,  ``expansion=``, ``family=``,
                          stride, neuron)                                    ``summary=``, ``colour=``, ``nir=``
    ``neuron``            a Norse step or cell, or what makes one            ``name=``
    ``measure``           a function of network and problem that returns a   ``name=``; further ``unit=``,
                          number; with ``known=True`` of problem and         ``summary=``, ``direction=``
                          architecture, known before any training
    ``dataset``           a function of ``DataOptions`` that returns a       ``name=``; further those of
                          ``Source``                                         ``DatasetEntry``
    ``plot``              a function of a run's folder that returns a        ``name=``
                          figure
    ====================  =================================================  ====================================

    Args:
        given: What is registered.
        kind: Key of ``KINDS``; what the class it derives from says where it is left out.
        name: What it is called; for those that name themselves it is left out.
        about: Further properties of a block, measure or data set.

    Returns:
        What was given.

    Raises:
        InvalidInputError: The name is something else's, or what is given lacks what it needs.

    Example:
        >>> import autosnn_ray as asr
        >>> register(asr.RandomSearch) is asr.RandomSearch  # the same again is fine
        True
        >>> register(asr.RandomSearch, kind="evaluator")
        Traceback (most recent call last):
        autosnn_ray.errors.InvalidInputError: RandomSearch: expected a class that derives from asr.Evaluator
    """
    by = str(sys._getframe(1).f_globals.get("__name__", ""))

    def take(one: Any) -> Any:
        _register(one, kind or _kind_of(one), name, by, dict(about))
        return one

    return take if given is None else take(given)


def _register(given: Any, kind: str, name: str, by: str, about: dict[str, Any]) -> None:
    if kind not in KINDS:
        raise unknown_name("kind", kind, KINDS)
    what = KINDS[kind]
    what.check(given)
    name = _name_of(given, kind, what, name)
    lines = what.lines(given, name, about)
    origin = (str(given.__module__), str(given.__qualname__)) if hasattr(given, "__qualname__") else _class_of(given)
    before = ENTRIES.get((kind, name))
    for place, key, value in lines:
        registry = registry_at(place)
        if key in registry and registry[key] not in (value, given) and not (before and before.origin == origin):
            there = before.origin if before else _origin_in(registry[key], place)
            raise InvalidInputError(
                f"{kind} {key!r}: the name is taken by {there[1]} of {there[0]}; give {origin[1]} another name"
            )
    file(Entry(kind, name, origin, lines, what.travels, by))


def _kind_of(given: Any) -> str:
    """Finds the kind of a class by what it derives from: that class's module is loaded, or nothing could."""
    for kind, what in KINDS.items():
        module, _, base = what.base.partition(":")
        if base and module in sys.modules and getattr(sys.modules[module], base) in getattr(given, "__mro__", ()):
            return kind
    called = getattr(given, "__qualname__", repr(given))
    raise InvalidInputError(
        f"register: cannot tell what {called} is; expected a class that derives from asr.Algorithm, "
        f"asr.Evaluator, asr.Objective or SpikingBlock, or kind=… of: {', '.join(KINDS)}"
    )


def _name_of(given: Any, kind: str, what: Kind, name: str) -> str:
    if what.named_by:
        if name:
            raise InvalidInputError(f"{kind} {given.__qualname__}: its {what.named_by} names it; leave name= out")
        name = getattr(given, what.named_by, "")
        if not isinstance(name, str) or what.named_by in {field.name for field in fields(given)}:
            name = ""
    if not name or not _NAME.fullmatch(name):
        how = f'`{what.named_by}: ClassVar[str] = "mine"` in it' if what.named_by else 'name="mine"'
        got = f"got {name!r}" if name else "got none"
        raise InvalidInputError(
            f"{kind} {getattr(given, '__qualname__', given)}: expected a name of letters, digits and _, as {how}; {got}"
        )
    return name


def _class_of(given: Any) -> tuple[str, str]:
    return str(type(given).__module__), str(type(given).__qualname__)


def _origin_in(value: Any, place: str) -> tuple[str, str]:
    if isinstance(value, type) or hasattr(value, "__qualname__"):
        return str(value.__module__), str(value.__qualname__)
    return place.partition(":")[0], "what is there"
