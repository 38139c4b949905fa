"""``--import``: modules of a user's own, imported before a command line is understood."""

from __future__ import annotations

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.own_code import IMPORTED, import_own

OPTION = "--import"


def add_import_option(parser: ArgumentParser) -> None:
    """Declares the option, so that it is in the help; what is given is taken out beforehand."""
    parser.add_argument(
        OPTION,
        type=list[str],
        default=[],
        metavar="FILE.py|MODULE",
        help="a module of your own that registers something (docs/extending.md); may be repeated",
    )


def take_imports(arguments: list[str]) -> list[str]:
    """Imports what the command line names, and returns the rest of it.

    Raises:
        InvalidInputError: Nothing is named, or it cannot be imported.
    """
    rest, given = [], []
    words = iter(arguments)
    for word in words:
        name, mark, value = word.partition("=")
        if name != OPTION:
            rest.append(word)
            continue
        value = value if mark else next(words, "")
        if not value or value.startswith("-"):
            raise InvalidInputError(f"{OPTION}: expected a .py file or a module's name, got {value or 'nothing'}")
        given.append(value)
    for one in given:
        IMPORTED[import_own(one).__name__] = one
    return rest


def refuse_from_file(options: Namespace) -> None:
    """Refuses imports that a configuration file asks for: what runs, the command line says.

    Raises:
        InvalidInputError: There are some.
    """
    if options["import"]:
        raise InvalidInputError(f"{OPTION}: expected on the command line, got it in a file, which imports nothing")
