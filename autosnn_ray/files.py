"""Files that are either whole or not there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from autosnn_ray.errors import InvalidInputError


def write_atomically(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Writes a file so that a reader, or a crash at any instant, sees the old content or the new, never a part.

    Args:
        path: Where the file shall be; its folder is made where missing.
        content: What it shall hold.
        durable: Whether it is on the disk when this returns; without, a loss of power may leave a torn file.

    Raises:
        OSError: The folder cannot be written to, or the disk is full; the old file is then untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def user_cache(name: str) -> Path:
    """Returns the folder of the user's caches for what can be made anew: of ``$XDG_CACHE_HOME``, or ``~/.cache``.

    Args:
        name: What is kept there, such as ``"compiled"``.

    Example:
        >>> user_cache("compiled").parts[-2:]
        ('autosnn-ray', 'compiled')
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    # Relative ones are ignored, as the specification of these folders has it. A user without a home gets a folder that
    # nobody can make.
    home = os.path.expanduser("~")  # noqa: PTH111
    default = Path(home) / ".cache" if os.path.isabs(home) else Path(os.devnull)  # noqa: PTH117
    return (Path(base) if os.path.isabs(base) else default) / "autosnn-ray" / name  # noqa: PTH117


def require_writable(folder: Path) -> None:
    """Sees to it that a folder is there and can be written to, before work is done whose result goes there.

    Args:
        folder: Made where missing.

    Raises:
        InvalidInputError: It cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InvalidInputError(
            f"{folder}: cannot be written to: {error.strerror or error}; give another folder, or mend its rights"
        ) from error


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
