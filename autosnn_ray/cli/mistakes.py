"""What is wrong with a command line, in one line."""

from __future__ import annotations

import re
from difflib import get_close_matches

from jsonargparse import ArgumentParser

from autosnn_ray.cli.former import FORMER_OPTIONS
from autosnn_ray.cli.help import words_for

_KEY = re.compile(r'Parser key "(?P<name>[^"]+)": .*(?:Got|Given) value: (?P<value>.*)$')
_VALUE = re.compile(r"argument (?P<name>\S+): invalid .* value: (?P<value>.*)$")
_NO_VALUE = re.compile(r"argument (?P<name>\S+): expected (?:one|at least one) argument$")
_A_VALUE = re.compile(r"argument (?P<name>\S+): ignored explicit argument")
_UNKNOWN = re.compile(r"unrecognized arguments: (?P<name>\S+)|does not accept option '(?P<key>[^']+)'")
_MISSING = re.compile(r"the following arguments are required: (?P<names>.*)$")


def in_one_line(message: str, parser: ArgumentParser | None) -> str:
    """Says what was expected and what was given.

    Args:
        message: What the parser says.
        parser: That of the command; None where there is none of that name.
    """
    text = " ".join(message.split())
    if parser is None:
        return text
    if found := _UNKNOWN.search(text):
        return _unknown(found["name"] or f"--{found['key'].replace('_', '-')}", parser)
    if found := _MISSING.search(text):
        names = ", ".join(name.rpartition(".")[2].upper() for name in found["names"].split(", "))
        return f"expected {names}: {parser.format_usage().partition(': ')[2].strip()}"
    if found := _KEY.search(text) or _VALUE.search(text):
        name, kind = _about(found["name"], parser)
        value = found["value"] if found["value"].startswith(("'", "[", "{")) else repr(found["value"])
        return f"{name}: expected {kind}, got {value}"
    if found := _A_VALUE.search(text):
        return f"{found['name']}: expected no value"
    if found := _NO_VALUE.search(text):
        name, kind = _about(found["name"].partition("/")[0], parser)
        return f"{name}: expected {kind}, got nothing"
    return re.sub(r'Parser key "([^"]+)":', lambda key: f"{_about(key[1], parser)[0]}:", text)


def _unknown(given: str, parser: ArgumentParser) -> str:
    if not given.startswith("-"):
        return f"unexpected argument {given!r}: {parser.format_usage().partition(': ')[2].strip()}"
    name = given.partition("=")[0]
    if name in FORMER_OPTIONS:
        return f"unknown option {name}: it is now {FORMER_OPTIONS[name]}"
    close = get_close_matches(name, [text for action in parser._actions for text in action.option_strings], 1)
    return f"unknown option {name}" + (f"; did you mean {close[0]}?" if close else "")


def _about(name: str, parser: ArgumentParser) -> tuple[str, str]:
    """Returns how an argument is typed, and what it takes in words."""
    for action in parser._actions:
        if name in (action.dest, *action.option_strings):
            words = words_for(action) or "text"
            typed = action.option_strings[0] if action.option_strings else action.dest.upper()
            return typed, f"a {words}" if words.endswith("number") else words
    return name, "another value"
