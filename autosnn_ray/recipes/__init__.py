"""The experiments of the paper as data: one TOML file each, and ``load`` for them and for your own. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from autosnn_ray.errors import InvalidInputError, unknown_name
from autosnn_ray.toml_files import read_toml

__all__ = ["MEASURES", "STATUSES", "Published", "Recipe", "load", "names"]

_FOLDER = Path(__file__).parent
STATUSES = ("computed", "stated", "recalled")
"""How far a published number can be trusted: computed by running the original code; stated in that code or by its
author; recalled of the paper and not checked against it."""
MEASURES = ("test_accuracy", "test_spikes", "parameters")
"""What published numbers are of; accuracies are from 0 to 1, spikes are spikes/sample."""

_TRAINING: dict[str, tuple[type, ...]] = {
    "epochs": (int,), "batch_size": (int,), "learning_rate": (float,), "schedule": (str,), "loss": (str,),
    "memory": (float,),
}  # fmt: skip
_TABLES: dict[str, dict[str, tuple[type, ...]]] = {
    "data": {"name": (str,), "augmentation": (str,), "size": (list,)},
    "network": {"space": (str,), "stem": (str,), "timesteps": (int,), "neuron": (dict,)},
    "supernet": {**_TRAINING, "sampling": (str,)},
    "predictor": {"sample": (int,), "epochs": (int,)},
    "search": {
        "algorithm": (str,), "candidates": (int,), "exponent": (int, float), "reference_spikes": (int, float),
        "top": (int,),
    },
    "retrain": {**_TRAINING, "architectures": (list,), "seeds": (int,)},
    "designs": {"blocks": (list,)},
    "published": {"measure": (str,), "value": (int, float), "status": (str,)},
}  # fmt: skip
_NEEDED = {
    "data": ("name",), "network": ("space", "timesteps"), "supernet": ("epochs",),
    "predictor": ("sample", "epochs"), "search": ("candidates",), "retrain": ("epochs",), "designs": ("blocks",),
    "published": ("measure", "value", "status"),
}  # fmt: skip

_LEAST = {"epochs": 1, "candidates": 1, "sample": 5}
"""What is scaled, and how little of it there is at least: of a sample, what a predictor can be fitted on."""


@dataclass(frozen=True)
class Published:
    """A number of the paper.

    Attributes:
        measure: One of ``MEASURES``.
        value: The number.
        status: One of ``STATUSES``.
    """

    measure: str
    value: float
    status: str


@dataclass(frozen=True)
class Recipe:
    """One experiment from data to table.

    Attributes:
        name: The recipe's name.
        summary: One line for people.
        data: Name of the data set, augmentation, size.
        network: Space, stem where it is another than the space's, timesteps, settings of the neurons.
        supernet: Settings of its training, where a search evaluates its paths; else None.
        predictor: Where a search predicts: how many architectures are trained from scratch for it (``sample``), and for
            how long (``epochs``); else None.
        search: Algorithm, candidates, exponent, reference_spikes, how many of the best are retrained (``top``); None
            where nothing is searched.
        retrain: Settings of the training alone, seeds, and architectures that are retrained whatever is found.
        designs: Where design choices are compared and nothing is searched: ``blocks``, which are held against each
            other; the macro structures are held against each other with the architectures of ``retrain``.
        published: Numbers of the paper for those architectures.
        notes: What must be known to read the table.
    """

    name: str
    summary: str
    data: Mapping[str, Any]
    network: Mapping[str, Any]
    retrain: Mapping[str, Any]
    supernet: Mapping[str, Any] | None = None
    predictor: Mapping[str, Any] | None = None
    search: Mapping[str, Any] | None = None
    designs: Mapping[str, Any] | None = None
    published: tuple[Published, ...] = ()
    notes: tuple[str, ...] = ()

    def scaled(self, scale: float) -> Recipe:
        """Returns the recipe at a share of its epochs, candidates and sample, each rounded, at least one.

        A predictor's sample stays as large as the least that one can be fitted on.

        Args:
            scale: Above 0, at most 1.

        Raises:
            InvalidInputError: Another scale.

        Example:
            >>> small = load("cifar10_autosnn_16").scaled(0.01)
            >>> small.supernet["epochs"], small.search["candidates"], small.retrain["epochs"]
            (6, 4, 6)
        """
        if not 0 < scale <= 1:
            raise InvalidInputError(f"scale: expected a share above 0 and at most 1, got {scale!r}")

        def shrunk(table: Mapping[str, Any]) -> dict[str, Any]:
            # What is too little before it is scaled stays so, and is refused.
            few = {
                key: max(min(least, table[key]), round(table[key] * scale))
                for key, least in _LEAST.items()
                if key in table
            }
            return {**table, **few}

        return replace(
            self,
            supernet=shrunk(self.supernet) if self.supernet else None,
            predictor=shrunk(self.predictor) if self.predictor else None,
            search=shrunk(self.search) if self.search else None,
            retrain=shrunk(self.retrain),
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the entries from which ``from_dict`` makes an equal recipe."""
        plain = {key: value for key, value in asdict(self).items() if value is not None}
        return {**plain, "published": list(plain["published"]), "notes": list(self.notes)}

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any], source: str = "recipe") -> Recipe:
        """Builds a recipe from the entries of its file.

        Raises:
            InvalidInputError: An entry is missing, unknown or of another type; the text names source and key.
        """
        for key in entries:
            if key not in ("name", "summary", "notes", *_TABLES):
                raise InvalidInputError(f"{source}: key '{key}': expected no such key (known: name, summary, notes, "
                                        f"{', '.join(_TABLES)})")  # fmt: skip
        tables = {
            name: _table(entries[name], name, source) for name in _TABLES if name in entries and name != "published"
        }
        for name in ("data", "network", "retrain"):
            if name not in tables:
                raise InvalidInputError(f"{source}: key '{name}' is missing: expected a table")
        believed = [name for name in ("supernet", "predictor") if name in tables]
        if len(believed) != ("search" in tables):
            raise InvalidInputError(
                f"{source}: expected a table search and one of supernet and predictor, or none of the three; got "
                f"{', '.join(name for name in tables if name in (*believed, 'search'))}"
            )
        if {"search", "designs"} <= tables.keys():
            raise InvalidInputError(f"{source}: key 'designs': expected nothing that is searched beside it")
        if "search" not in tables and not tables["retrain"].get("architectures"):
            raise InvalidInputError(f"{source}: key 'retrain.architectures': expected some where nothing is searched")
        listed = entries.get("published", [])
        if not isinstance(listed, list):
            raise InvalidInputError(f"{source}: key 'published': expected a list of tables, got {listed!r}")
        return cls(
            name=_text(entries, "name", source),
            summary=_text(entries, "summary", source),
            published=tuple(_published(one, f"published[{place}]", source) for place, one in enumerate(listed)),
            notes=tuple(map(str, entries.get("notes", []))),
            **tables,
        )


def names() -> tuple[str, ...]:
    """Returns the names of the recipes that come with the toolkit.

    Example:
        >>> "cifar10_autosnn_16" in names()
        True
    """
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load(name_or_path: str | Path) -> Recipe:
    """Loads a recipe by name, or from a TOML file of your own.

    Args:
        name_or_path: One of ``names()``, or the path of a file that ends in ``.toml``.

    Raises:
        InvalidInputError: No such recipe or file, not TOML, or an entry that is not what was expected.
    """
    text = str(name_or_path)
    is_file = isinstance(name_or_path, Path) or text.endswith(".toml")
    if not is_file and text not in names():
        raise unknown_name("recipe", text, names(), "Or give the path of a TOML file.")
    path = Path(text) if is_file else _FOLDER / f"{text}.toml"
    return Recipe.from_dict(read_toml(path, "a recipe"), source=str(path))


def _text(entries: Mapping[str, Any], key: str, source: str) -> str:
    value = entries.get(key)
    if not isinstance(value, str) or not value:
        raise InvalidInputError(f"{source}: key '{key}': expected a text, got {value!r}")
    return value


def _table(given: object, kind: str, source: str, place: str | None = None) -> dict[str, Any]:
    place = place or kind
    if not isinstance(given, Mapping):
        raise InvalidInputError(f"{source}: key '{place}': expected a table, got {given!r}")
    for key, value in given.items():
        types = _TABLES[kind].get(key)
        if types is None:
            raise InvalidInputError(f"{source}: key '{place}.{key}': expected one of: {', '.join(_TABLES[kind])}")
        if isinstance(value, bool) or not isinstance(value, types):
            expected = " or ".join(one.__name__ for one in types)
            raise InvalidInputError(f"{source}: key '{place}.{key}': expected {expected}, got {value!r}")
    for key in _NEEDED[kind]:
        if key not in given:
            raise InvalidInputError(f"{source}: key '{place}.{key}' is missing")
    return dict(given)


def _published(given: object, place: str, source: str) -> Published:
    table = _table(given, "published", source, place)
    for key, known in (("measure", MEASURES), ("status", STATUSES)):
        if table[key] not in known:
            raise InvalidInputError(
                f"{source}: key '{place}.{key}': expected one of: {', '.join(known)}, got {table[key]!r}"
            )
    return Published(str(table["measure"]), float(table["value"]), str(table["status"]))
