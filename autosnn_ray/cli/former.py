"""A command line as it may be typed, brought to the words that the parser knows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection

FORMER_COMMANDS = {"rank": "fidelity", "final": "halving"}
"""Commands by their names of the release before, which still work."""

FORMER_OPTIONS = {
    "--survey": "--predictor-sample",
    "--survey-epochs": "--predictor-epochs",
    "--truth": "--ground-truth",
    "--alone-epochs": "--scratch-epochs",
}
"""Options by their names of the release before, which still work."""

_SHORT_OPTIONS = {"--evaluator": "--evaluator.name"}


def in_todays_words(arguments: list[str], list_options: Callable[[str], Collection[str]]) -> list[str]:
    """Puts today's names in the place of those of the release before, and says so.

    Options that take a list may be given an element each time, which the parser would have marked by a ``+``.

    Args:
        arguments: The command line without the program's name.
        list_options: Gives a command's options that take a list.
    """
    found = list(arguments)
    if found and found[0] in FORMER_COMMANDS:
        found[0] = FORMER_COMMANDS[found[0]]
        _note(arguments[0], found[0])
    lists = list_options(found[0]) if found else ()
    for place, argument in enumerate(found):
        name, mark, value = argument.partition("=")
        if name in FORMER_OPTIONS:
            _note(name, FORMER_OPTIONS[name])
        name = FORMER_OPTIONS.get(name, _SHORT_OPTIONS.get(name, name))
        following = value if mark else next(iter(found[place + 1 :]), "")
        plus = "+" if name in lists and not following.startswith("[") else ""
        found[place] = f"{name}{plus}{mark}{value}"
    return found


def _note(former: str, now: str) -> None:
    text = f"{former} is now {now}; the former name goes with the next release"
    print(f"autosnn-ray: note: {text}", file=sys.stderr)
