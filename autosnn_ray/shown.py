"""How values look in a notebook: a short ``repr``, and a small table in HTML."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from html import escape

_LEFT = ' style="text-align:left"'


def as_table(title: str, values: Mapping[str, object]) -> str:
    """Returns names and values as a table in HTML; whatever stands in them is text.

    Example:
        >>> "&lt;b&gt;" in as_table("Run", {"path": "<b>"})
        True
    """
    cells = ((escape(str(name)), escape(str(value))) for name, value in values.items())
    rows = "".join(f"<tr><th{_LEFT}>{name}</th><td{_LEFT}>{value}</td></tr>" for name, value in cells)
    return f"<table><caption{_LEFT}>{escape(title)}</caption><tbody>{rows}</tbody></table>"


def epochs_text(count: int) -> str:
    """Returns a number of epochs as it is said.

    Example:
        >>> epochs_text(1), epochs_text(30)
        ('1 epoch', '30 epochs')
    """
    return counted(count, "epoch")


def counted(count: int, what: str) -> str:
    """Returns a number of things as it is said.

    Example:
        >>> counted(1, "training"), counted(1200, "training")
        ('1 training', '1,200 trainings')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"


class Shown:
    """Gives a class a short ``repr`` and a table for notebooks; ``_about`` says what stands in both.

    A dataclass that derives from it is declared with ``repr=False``.
    """

    @abstractmethod
    def _about(self) -> Mapping[str, object]:
        """Returns what is worth seeing, by name, in few words; None is left out."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in self._known().items())})"

    def _repr_html_(self) -> str:
        return as_table(type(self).__name__, self._known())

    def _known(self) -> dict[str, object]:
        return {name: value for name, value in self._about().items() if value is not None}
