"""The toolkit's packages ``analysis`` and ``search_spaces``, whatever else bears these names.

A file ``analysis.py`` beside a user's script is what ``import analysis`` finds there. The toolkit therefore imports the
two from here, and gets those that lie beside itself::

    from autosnn_ray.own_packages import analysis, search_spaces
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import analysis as analysis
    import search_spaces as search_spaces
else:

    def __getattr__(name: str) -> ModuleType:
        if name not in _NAMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return _own_package(name)


_NAMES = ("analysis", "search_spaces")
_HOME = Path(__file__).resolve().parents[1]
_LOADING = RLock()


def _own_package(name: str) -> ModuleType:
    """Returns the package that ``import`` finds, where that is ours; else loads ours under a name of its own."""
    with _LOADING:
        alias = f"autosnn_ray._{name}"
        if alias in sys.modules:
            return sys.modules[alias]
        file = _HOME / name / "__init__.py"
        if _found(name) == file:
            return importlib.import_module(name)
        return _load(alias, file)


def _found(name: str) -> Path | None:
    """Returns the file that ``import`` takes for a package, or has taken, without running it."""
    loaded = sys.modules.get(name)
    if loaded is not None:
        origin = getattr(loaded, "__file__", None)
    else:
        spec = find_spec(name)
        origin = None if spec is None else spec.origin
    return None if origin is None else Path(origin).resolve()


def _load(alias: str, file: Path) -> ModuleType:
    spec = cast(ModuleSpec, spec_from_file_location(alias, file, submodule_search_locations=[str(file.parent)]))
    module = module_from_spec(spec)
    sys.modules[alias] = module
    try:
        spec.loader.exec_module(module)  # type: ignore[union-attr]  # a file's spec has one
    except BaseException:
        del sys.modules[alias]
        raise
    return module
