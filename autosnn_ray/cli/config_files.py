"""``--config``: files with options; what is typed wins over them, wherever it stands."""

from __future__ import annotations

import json

OPTION = "--config"


def config_files(arguments: list[str]) -> list[str]:
    """Returns the files that a command line names, in its order."""
    return [value for value in _split(arguments)[0] if value != OPTION]


def typed_after_files(arguments: list[str]) -> list[str]:
    """Puts the files before all that is typed, since the parser lets what comes later win.

    A list that is typed takes the place of a file's: its first element, which would have been added to that, begins it.

    Args:
        arguments: The command line, from the command's name on.

    Example:
        >>> typed_after_files(["search", "runs/first", "--objective+", "spikes", "--config", "mine.yaml"])
        ['search', '--config', 'mine.yaml', 'runs/first', '--objective', '["spikes"]']
    """
    files, typed = _split(arguments[1:])
    return [*arguments[:1], *files, *(_begun_anew(typed) if files else typed)]


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Returns the files, each after its option, and all else."""
    files: list[str] = []
    typed: list[str] = []
    words = iter(arguments)
    for word in words:
        name, mark, value = word.partition("=")
        given = (value if mark else next(words, None)) if name == OPTION else None
        if given is None:
            typed.append(word)
        else:
            files += [OPTION, given]
    return files, typed


def _begun_anew(typed: list[str]) -> list[str]:
    found: list[str] = []
    words, begun = iter(typed), set()
    for word in words:
        name, mark, value = word.partition("=")
        if not name.endswith("+") or name in begun:
            found.append(word)
            continue
        begun.add(name)
        given = value if mark else next(words, None)
        found += [word] if given is None else [name.removesuffix("+"), f"[{_element(given)}]"]
    return found


def _element(text: str) -> str:
    try:
        float(text)
    except ValueError:
        return json.dumps(text, ensure_ascii=False)
    return text
