"""How loops are compiled and where their machine code is kept: in a cache of the user's, never beside the source.

Numba on its own keeps it in the package's ``__pycache__``, where files that no installer knows of outlive the package.
What Numba has no public way for is in this file alone; nothing of Numba's own is changed for anybody else.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pickle  # Numba's format; the folder is the user's own, or the one that NUMBA_CACHE_DIR names
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from numba import config, njit
from numba.core.caching import CompileResultCacheImpl, FunctionCache, UserProvidedCacheLocator

from autosnn_ray.errors import AutoSNNWarning, DamagedCacheWarning
from autosnn_ray.files import user_cache


def compiled(function: Callable[..., Any], *, contracted: bool = False) -> Any:
    """Compiles a loop over arrays when it is first called, and keeps the machine code for later processes.

    It is kept in the folder that ``NUMBA_CACHE_DIR`` names, else in ``autosnn-ray/compiled`` of the user's caches.

    Args:
        function: The loop; it runs without Python, and so without its lock.
        contracted: Whether a product and a sum may be one operation with one rounding.

    Returns:
        The loop, to be called in its place.

    Warns:
        AutoSNNWarning: That folder cannot be written to, or others can: each process compiles anew.
    """
    loop = njit(nogil=True, error_model="numpy", fastmath={"contract"} if contracted else False)(function)
    if _is_kept(_folder()):
        loop._cache = _LoopCache(function)
    return loop


def _folder() -> Path:
    return Path(config.CACHE_DIR) if config.CACHE_DIR else user_cache("compiled")


@cache
def _is_kept(folder: Path) -> bool:
    """Makes the folder; says so where nothing can be kept in it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
        about = folder.stat()
    except OSError as error:
        _say_that_nothing_is_kept(folder, f"cannot be written to ({error.strerror or error})")
        return False
    # Machine code is run as it is found. Who names a folder with NUMBA_CACHE_DIR trusts it.
    if not config.CACHE_DIR and (about.st_uid != os.getuid() or about.st_mode & 0o022):
        _say_that_nothing_is_kept(folder, "can be written to by other users")
        return False
    return True


@cache
def _say_that_nothing_is_kept(folder: Path, problem: str) -> None:
    warnings.warn(
        f"{folder}: compiled loops are kept here, but it {problem}; each process compiles them anew, which takes some "
        "seconds; set NUMBA_CACHE_DIR to a folder of yours with room",
        AutoSNNWarning,
        stacklevel=2,
    )


@cache
def _sources(folder: str) -> bytes:
    """Returns a checksum of all files that compiled code may come from: loops call those of other files."""
    files = sorted(Path(folder).glob("*.py"))
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).digest()


class _Locator(UserProvidedCacheLocator):
    """Says where a function's machine code lies, and from which source it is."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        super().__init__(function, file)
        self._cache_path = str(_folder() / self.get_suitable_cache_subpath(file))

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> _Locator:
        return cls(function, file)

    def get_source_stamp(self) -> bytes:
        return _sources(os.path.dirname(self._py_file))  # noqa: PTH120


class _Kept(CompileResultCacheImpl):
    _locator_classes = (_Locator,)


class _LoopCache(FunctionCache):
    """Numba's cache of a function; where it cannot be read or written, compiling goes on without one."""

    _impl_class = _Kept

    def load_overload(self, signature: Any, context: Any) -> Any:
        try:
            return super().load_overload(signature, context)
        except OSError as error:
            self._give_up(error)
        except (EOFError, ValueError, pickle.UnpicklingError) as error:
            warnings.warn(
                f"{self._cache_path}: a compiled loop is damaged and compiled anew ({type(error).__name__}: {error})",
                DamagedCacheWarning,
                stacklevel=2,
            )
            self._written(self.flush)
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        self._written(lambda: super(_LoopCache, self).save_overload(signature, result))

    def _written(self, write: Callable[[], None]) -> None:
        if not self._enabled:
            return
        try:
            with _alone_in(Path(self._cache_path)):
                write()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.disable()
        _say_that_nothing_is_kept(_folder(), f"cannot be written to ({error.strerror or error})")


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keeps other processes waiting: two that write at once would give two files one name, each for another type."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
