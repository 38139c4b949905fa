"""Model cards: all that must be known of a trained network, as plain values, JSON and Markdown. Needs no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.files import write_atomically
from autosnn_ray.profiles import Profile, is_outdated

FORMAT = 1
CARD, CARD_TEXT = "card.json", "card.md"


def network_folder(home: Path, architecture: tuple[str, ...], seed: int) -> Path:
    """Returns where a run keeps a network, and its card.

    Example:
        >>> network_folder(Path("run"), ("srb_k5", "skip"), 0).as_posix()
        'run/networks/srb_k5+skip/seed_0'
    """
    return home / "networks" / ("+".join(architecture) or "network") / f"seed_{seed}"


@dataclass(frozen=True)
class ModelCard:
    """What a trained network is, what it was trained on, what it reaches and what it costs.

    Attributes:
        network: Architecture, space, neurons, T, input, weights file and checksum, where the weights started from.
        data: What ``Dataset.describe`` said: name, checksum, seed and sizes of the splits, augmentation.
        training: Settings of the training, and its seed.
        validation: Accuracy and spikes on the validation split.
        on_test: The same on the test split; None where nobody has looked.
        profile: Layer by layer, measured on the validation split; None where the card's is of an older version, which
            missed layers (``write_card`` measures anew).
        versions: Of Python and of the packages that decide a result.
    """

    network: Mapping[str, Any]
    data: Mapping[str, Any]
    training: Mapping[str, Any]
    validation: Evaluation
    on_test: Evaluation | None
    profile: Profile | None
    versions: Mapping[str, str]

    @property
    def totals(self) -> dict[str, float]:
        """Costs of the whole network: MACs, synaptic operations and joules of one sample over all time steps."""
        if self.profile is None:
            return {}
        return {
            "parameters": self.profile.total("parameters"),
            "macs": self.profile.total("macs"),
            "synaptic_operations": self.profile.synaptic_operations,
            "energy": self.profile.total("energy"),
        }

    def to_dict(self) -> dict[str, Any]:
        """Returns the card as plain values."""
        return {
            "format": FORMAT,
            "network": dict(self.network),
            "data": dict(self.data),
            "training": dict(self.training),
            "validation": self.validation.to_dict(),
            "test": self.on_test.to_dict() if self.on_test else None,
            "totals": self.totals,
            "profile": self.profile.to_dict() if self.profile else None,
            "versions": dict(self.versions),
        }

    def save(self, folder: str | Path) -> tuple[Path, Path]:
        """Writes ``card.md`` and ``card.json`` into a folder.

        Returns:
            Both files.
        """
        folder = Path(folder)
        if self.profile is None:
            raise InvalidInputError(f"{folder}: expected a card with a profile to write; make it with `write_card`")
        write_atomically(folder / CARD_TEXT, self.to_markdown().encode())
        write_atomically(folder / CARD, f"{json.dumps(self.to_dict(), indent=2)}\n".encode())
        return folder / CARD, folder / CARD_TEXT

    @classmethod
    def load(cls, folder: str | Path) -> ModelCard:
        """Reads the card of a folder.

        Raises:
            InvalidInputError: No card, or one of another format.
        """
        path = Path(folder) / CARD
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            if values["format"] != FORMAT:
                raise InvalidInputError(f"{path}: expected a model card of format {FORMAT}, got {values['format']!r}")
            profile = dict(values["profile"])
            return cls(
                network=dict(values["network"]),
                data=dict(values["data"]),
                training=dict(values["training"]),
                validation=Evaluation.from_dict(values["validation"]),
                on_test=Evaluation.from_dict(values["test"]) if values["test"] is not None else None,
                profile=None if is_outdated(profile) else Profile.from_dict(profile),
                versions=dict(values["versions"]),
            )
        except OSError as error:
            raise InvalidInputError(f"{path}: expected a model card that can be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, InvalidInputError):
                raise
            raise InvalidInputError(f"{path}: expected a model card, as a retraining writes it: {error!r}") from error

    def to_markdown(self) -> str:
        """Returns the card as Markdown, for people."""
        parameters = f"{self.totals['parameters']:,.0f}" if self.profile else "not counted"
        sections = [
            f"# {self.network['architecture'] or self.network['space']}",
            _list("Network", {**self.network, "parameters": parameters}),
            _list("Data", self.data),
            _list("Training", self.training),
            self._results(),
            *([_costs(self.profile)] if self.profile else []),
            _HOW_TO_LOAD,
            _list("Versions", self.versions),
        ]
        return "\n\n".join(sections) + "\n"

    def _results(self) -> str:
        rows = [("validation", self.validation), ("test", self.on_test)]
        lines = ["## Results", "", "| split | samples | accuracy | spikes/sample |", "|---|---|---|---|"]
        for name, found in rows:
            told = (
                f"{found.samples:,} | {found.accuracy:.2%} | {found.spikes:,.0f}" if found else "- | not looked at | -"
            )
            lines.append(f"| {name} | {told} |")
        return "\n".join(lines)


_HOW_TO_LOAD = """## How to load

```python
import autosnn_ray as asr

trained = asr.TrainedNetwork.load(".")  # this folder: network.safetensors, network.json
output = trained.network(x)             # frames (N, C, H, W), or (N, T, C, H, W) for events
classes, spikes = output.logits.argmax(dim=1), output.spikes
```"""


def _costs(profile: Profile) -> str:
    model = profile.energy_model
    lines = [
        "## Costs",
        "",
        f"Measured on {profile.samples:,} validation samples, of one sample over {profile.timesteps} steps. MACs are "
        f"dense multiply-accumulates. Energy: {model.multiply_accumulate * 1e12:g} pJ a "
        f"multiply-accumulate (real inputs), {model.accumulate * 1e12:g} pJ an accumulate (spikes); moving data is "
        "not in it.",
        "",
        "| layer | shape | parameters | MACs | spikes | synaptic operations | nJ |",
        "|---|---|---|---|---|---|---|",
    ]
    for layer in profile.layers:
        synaptic = "-" if layer.real_input else f"{layer.operations:,.0f}"
        shape = "x".join(map(str, layer.shape))
        lines.append(
            f"| {layer.name} | {shape} | {layer.parameters:,} | {layer.macs:,} | {layer.spikes:,.0f} | {synaptic} "
            f"| {layer.energy * 1e9:,.2f} |"
        )
    total = profile.total
    lines += [
        f"| all | | {total('parameters'):,.0f} | {total('macs'):,.0f} | {total('spikes'):,.0f} "
        f"| {profile.synaptic_operations:,.0f} | {total('energy') * 1e9:,.2f} |",
        "",
        f"As NeuroBench defines them: {profile.neurobench}.",
    ]
    return "\n".join(lines)


def _list(title: str, values: Mapping[str, Any]) -> str:
    return "\n".join(
        [f"## {title}", "", *(f"- {name.replace('_', ' ')}: {_text(value)}" for name, value in values.items())]
    )


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(one)}" for key, one in value.items()) or "-"
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    if isinstance(value, list | tuple):
        return "x".join(map(str, value))
    return "-" if value is None else str(value)
