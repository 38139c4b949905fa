"""Code of a user's own: modules that are imported for it, what they register, and how that reaches other processes."""

from __future__ import annotations

import importlib
import shlex
import sys
import sysconfig
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.plugins import DISTRIBUTIONS


@dataclass(frozen=True)
class Entry:
    """Something that a user has registered.

    It is filed again in the process that unpickles it.

    Attributes:
        kind: Key of ``autosnn_ray.registration.KINDS``.
        name: The name it has there.
        origin: Module and qualified name of what was registered.
        lines: What is written where: registry as ``module:NAME``, key and value.
        travels: Whether processes that evaluate need it.
        by: The module that registered it, which may be another than the one it comes from.
    """

    kind: str
    name: str
    origin: tuple[str, str]
    lines: tuple[tuple[str, Any, Any], ...]
    travels: bool = False
    by: str = ""

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrived, tuple(getattr(self, name) for name in self.__dataclass_fields__)


def _arrived(*values: Any) -> Entry:
    entry = Entry(*values)
    file(entry)
    return entry


ENTRIES: dict[tuple[str, str], Entry] = {}
"""What was registered in this process, by kind and name."""

IMPORTED: dict[str, str] = {}
"""Modules that the command line named, and how."""


def command(*words: object) -> str:
    """Returns a command of the program as it is typed: what needs quotes has them, and what was imported is again.

    Example:
        >>> command("show", "mein lauf ñ", "--save", "pictures")
        "autosnn-ray show 'mein lauf ñ' --save pictures"
    """
    imports = [word for given in IMPORTED.values() for word in ("--import", given)]
    return shlex.join(["autosnn-ray", *map(str, words), *imports])


def registry_at(place: str) -> dict[str, Any]:
    """Returns the registry that ``module:NAME`` names; its module is imported."""
    module, _, name = place.partition(":")
    found: dict[str, Any] = getattr(importlib.import_module(module), name)
    return found


def file(entry: Entry) -> None:
    """Writes an entry into the registries."""
    for place, key, value in entry.lines:
        registry_at(place)[key] = value
    ENTRIES[entry.kind, entry.name] = entry


def travelling() -> tuple[Entry, ...]:
    """Returns what processes that evaluate need of what was registered here; to be unpickled before all else there."""
    return tuple(entry for entry in ENTRIES.values() if entry.travels)


def modules_of_ones_own() -> list[ModuleType]:
    """Returns the modules, or the packages they are in, that other machines cannot be expected to have."""
    names = [entry.origin[0] for entry in ENTRIES.values()] + list(IMPORTED)
    tops = dict.fromkeys(name.partition(".")[0] for name in names)
    found = [sys.modules[name] for name in tops if name in sys.modules and name != "__main__"]
    return [module for module in found if not _is_installed(module)]


def own_modules() -> list[str]:
    """Returns the same as another process of this machine finds them: files, and names of packages."""
    found = [(module, getattr(module, "__file__", None)) for module in modules_of_ones_own()]
    return [str(file) if file and not hasattr(module, "__path__") else module.__name__ for module, file in found]


def _is_installed(module: ModuleType) -> bool:
    places = [getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", [])), None)]
    if places == [None] or module.__name__ in ("autosnn_ray", "analysis", "search_spaces"):
        return True
    where = Path(str(places[0])).resolve()
    return any(where.is_relative_to(Path(sysconfig.get_path(name)).resolve()) for name in ("purelib", "platlib"))


def import_own(given: str, option: str = "--import") -> ModuleType:
    """Imports a module that the user named on the command line; never one that a file names.

    Args:
        given: Path of a ``.py`` file, or a module's name. The folder that it lies in, or the working folder, is looked
            into for what it imports, after all others.
        option: The option it was named by, for errors.

    Raises:
        InvalidInputError: There is none, its name is another module's, or it raises.
    """
    path = Path(given)
    folder = str((path.parent if path.suffix == ".py" else Path()).resolve())
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        module = _import_file(path, option) if path.suffix == ".py" else importlib.import_module(given)
    except InvalidInputError as error:
        raise InvalidInputError(f"{option} {given}: {error}") from error
    except (Exception, SystemExit) as error:
        lines = [
            f"line {one.lineno}: "
            for one in traceback.extract_tb(error.__traceback__)
            if one.filename == str(path.resolve())
        ]
        raise InvalidInputError(
            f"{option} {given}: expected a .py file or a module that can be imported: {''.join(lines[-1:])}"
            f"{type(error).__name__}: {error}"
        ) from error
    return module


def _import_file(path: Path, option: str) -> ModuleType:
    name, file = path.stem, path.resolve()
    if not file.is_file():
        raise InvalidInputError("no such file")
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == str(file):
        return loaded
    if not name.isidentifier():
        raise InvalidInputError("expected a file whose name is one of a module: letters, digits and _")
    if loaded is not None or name in sys.stdlib_module_names or _other_file(name, file):
        raise InvalidInputError(f"there is another module {name!r}; give the file another name")
    module = module_from_spec(cast(ModuleSpec, spec_from_file_location(name, file)))
    sys.modules[name] = module
    try:
        cast(Any, module.__spec__).loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _other_file(name: str, file: Path) -> bool:
    spec = find_spec(name)
    return spec is not None and (spec.origin is None or Path(spec.origin).resolve() != file)


def described() -> list[dict[str, str]]:
    """Returns which modules of a user's own are in use, as a journal notes them: nothing is imported because of it."""
    names = dict.fromkeys([*IMPORTED, *(entry.by or entry.origin[0] for entry in ENTRIES.values())])
    return [_described(name) for name in names]


def _described(name: str) -> dict[str, str]:
    found = {"module": name}
    top = name.partition(".")[0]
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    if top in DISTRIBUTIONS:
        return found | {"distribution": DISTRIBUTIONS[top]}
    if file is None or module is None or hasattr(module, "__path__") or (name != "__main__" and _is_installed(module)):
        return found
    return found | {"file": Path(file).name}


@contextmanager
def own_code_of(config: Mapping[str, Any]) -> Iterator[None]:
    """Names, where something in a run is not known, the modules that were in use when it was begun and are not here.

    Args:
        config: What the run was started with.

    Raises:
        InvalidInputError: What the block raises, with a hint.
    """
    try:
        yield
    except InvalidInputError as error:
        missing = _missing(config.get("imported"))
        if not missing:
            raise
        raise InvalidInputError(f"{str(error).rstrip('.')}. The run was begun {'; '.join(missing)}") from error


def _missing(imported: object) -> list[str]:
    found = []
    for one in imported if isinstance(imported, list) else []:
        if not isinstance(one, dict) or str(one.get("module")) in {*sys.modules} - {"__main__"}:
            continue
        if "distribution" in one:
            found.append(f"with the plugin {_shown(one['distribution'])} installed: install it")
        elif one.get("module") == "__main__":
            found.append(
                f"with what {_shown(one.get('file', 'a notebook'))} registers: import that from a module of yours"
            )
        else:
            given = _shown(one.get("file", one.get("module")))
            found.append(f"with {given} imported: give --import {given}, if you trust it")
    return found


def _shown(given: object) -> str:
    """Returns what a file says as it can be typed, and without what a terminal would obey."""
    text = str(given)
    return shlex.quote(text) if text.isprintable() else repr(text)
