"""How the program explains itself: types in words, each default once, an example that is not wrapped."""

from __future__ import annotations

import re
import textwrap
from argparse import PARSER, SUPPRESS, Action
from collections.abc import Iterable
from typing import Any

from jsonargparse import DefaultHelpFormatter

from autosnn_ray.cli.options import amount, number

_WORDS: dict[Any, str] = {
    int: "whole number",
    int | None: "whole number",
    number: "number",
    amount: "number",
    bool: "true or false",
    bool | None: "true or false",
    list[int] | None: "[whole number, …]",
    list[float]: "[number, …]",
    list[str]: "[text, …]",
    list[str] | None: "[text, …]",
    dict[str, Any]: "{name: value, …}",
    dict[str, Any] | None: "{name: value, …}",
}
_TOLD_DEFAULT = re.compile(r" \((default: .+)\)$")


def words_for(action: Action) -> str | None:
    """Returns what an argument is in words; None for text, which goes without saying."""
    return _WORDS.get(getattr(action, "_typehint", None) or action.type)


class HelpFormatter(DefaultHelpFormatter):
    """Formats the help of a command."""

    def _get_help_string(self, action: Action) -> str:
        told = action.help or ""
        match = _TOLD_DEFAULT.search(told)
        if match:
            told = told[: match.start()]
        default = match[1] if match else _default(action)
        words = words_for(action) if action.option_strings else None
        about = "; ".join(part for part in (words if words in ("whole number", "number") else None, default) if part)
        return f"{told} ({about})" if about else told

    def start_section(self, heading: str | None) -> None:
        """Begins a group of arguments."""
        super().start_section("arguments" if heading == "positional arguments" else heading)

    def _format_action(self, action: Action) -> str:
        if action.nargs == PARSER:  # of the list of commands, the commands alone
            return "".join(map(self._format_action, self._iter_indented_subactions(action)))
        return super()._format_action(action)

    def _format_action_invocation(self, action: Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        names = [name for name in action.option_strings if not name.endswith("+")]
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(names)} {value.replace(',null}', '}')}"

    def _get_default_metavar_for_optional(self, action: Action) -> str:
        letters = {"whole number": "N", "number": "X"}
        return letters.get(words_for(action) or "", super()._get_default_metavar_for_optional(action))

    def _get_default_metavar_for_positional(self, action: Action) -> str:
        return action.dest.upper()

    def _get_type_str(self, action: Action) -> str | None:
        return None

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        filled = []
        for paragraph in textwrap.dedent(text).strip("\n").split("\n\n"):
            if "\n  " in paragraph:  # a list, or examples: line by line
                for line in paragraph.splitlines():
                    own = indent + line[: len(line) - len(line.lstrip())]
                    filled += _wrap(line, width, own, own + "    ")
            else:
                filled += _wrap(paragraph, width, indent, indent)
            filled.append("")
        return "\n".join(filled[:-1])

    def _split_lines(self, text: str, width: int) -> list[str]:
        return _wrap(text, width)


def usage_of(command: str, positionals: Iterable[Action]) -> str:
    """Returns how a command is called, in one line."""
    shown = [action for action in positionals if action.help != SUPPRESS]
    names = [f"[{action.dest.upper()}]" if action.nargs == "?" else action.dest.upper() for action in shown]
    return " ".join(["autosnn-ray", command, *names, "[options]"])


def _default(action: Action) -> str | None:
    value = action.default
    if not action.option_strings or value is None or value is False or value in (SUPPRESS, [], {}):
        return None
    return f"default: {str(value).lower() if isinstance(value, bool) else value}"


def _wrap(text: str, width: int, first: str = "", further: str = "") -> list[str]:
    """Wraps between words alone: names of options and of the program stay whole."""
    return textwrap.wrap(
        " ".join(text.split()),
        width,
        initial_indent=first,
        subsequent_indent=further,
        break_on_hyphens=False,
        break_long_words=False,
    )
