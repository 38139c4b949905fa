"""TOML files of a user: read, or refused with one line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from autosnn_ray.errors import InvalidInputError


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """Reads the entries of a TOML file.

    Args:
        path: The file.
        what: What it is to hold, for the error's text, such as ``"a recipe"``.

    Raises:
        InvalidInputError: It cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInputError(f"{path}: expected {what} that can be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInputError(f"{path}: expected TOML: {error}") from error
