"""Makes the card of a trained network; the one place where a final report looks at the test samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autosnn_ray.cards import CARD, ModelCard
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluation.evaluate import evaluate
from autosnn_ray.evaluation.profiling import profile
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.profiles import EnergyModel
from autosnn_ray.training.checkpoint import NETWORK_DESCRIPTION, NETWORK_WEIGHTS, read_description
from autosnn_ray.training.trained import TrainedNetwork


def write_card(
    folder: str | Path, data: Dataset, *, energy_model: EnergyModel | None = None, look_at_test: bool = False
) -> ModelCard:
    """Writes the model card of a trained network into its folder.

    A profile that an older version measured, which missed layers of colour and event networks, is measured anew.
    The test samples are looked at once in a network's life: what a card says of them stays, whatever is written anew.

    Args:
        folder: What ``TrainedNetwork.save`` wrote.
        data: The data it was trained on.
        energy_model: Energy of the operations; where None the card's so far, or else the field's 45 nm figures.
        look_at_test: Whether to measure it on the test samples, if that was never done.

    Returns:
        The card.

    Raises:
        CheckpointError: No network, or a damaged one.
        InvalidInputError: Other data, no test samples, or a damaged card.
    """
    folder = Path(folder)
    trained = TrainedNetwork.load(folder)
    if data.checksum != trained.data.get("checksum"):
        raise InvalidInputError(
            f"data: expected {trained.data.get('name')!r} with the splits that {folder} was trained on "
            f"(checksum {str(trained.data.get('checksum'))[:12]}…), got {data.name!r} ({data.checksum[:12]}…)"
        )
    description = read_description(folder, NETWORK_DESCRIPTION)
    weights = str(description["weights"]["sha256"])
    before = _before(folder, weights)
    model = energy_model or (_energy_model(folder) if before else EnergyModel())
    seen = before.on_test if before else None
    if seen is None and look_at_test:
        seen = _look(trained, data)
    measured = before.profile if before and before.profile and before.profile.energy_model == model else None
    card = ModelCard(
        network=_network(trained, weights),
        data=trained.data,
        training={**trained.training.to_dict(), "seed": trained.seed},
        validation=trained.validation,
        on_test=seen,
        profile=measured or profile(trained.network, data.validation, energy_model=model),
        versions=description["versions"],
    )
    card.save(folder)
    return card


def _before(folder: Path, weights: str) -> ModelCard | None:
    """Returns the card that is there, if it is of these weights."""
    if not (folder / CARD).exists():
        return None
    card = ModelCard.load(folder)
    return card if card.network.get("weights_sha256") == weights else None


def _energy_model(folder: Path) -> EnergyModel:
    """Returns the constants of a card that could be read, whatever is thought of its profile."""
    return EnergyModel(**json.loads((folder / CARD).read_text(encoding="utf-8"))["profile"]["energy_model"])


def has_outdated_card(folder: str | Path) -> bool:
    """Returns whether a network's card has a profile of an older version, which missed layers."""
    return (Path(folder) / CARD).exists() and ModelCard.load(folder).profile is None


def _look(trained: TrainedNetwork, data: Dataset) -> Evaluation:
    if len(data.test) == 0:
        raise InvalidInputError(f"data set {data.name!r}: expected test samples, got none")
    return evaluate(trained.network, data.test, loss=trained.training.loss)


def _network(trained: TrainedNetwork, weights: str) -> dict[str, Any]:
    network = trained.network
    return {
        "architecture": "/".join(trained.architecture),
        "space": trained.space.name,
        "space_sha256": trained.space.checksum,
        "classes": network.classes,
        "input": [network.in_channels, *network.input_size],
        "timesteps": network.timesteps,
        "neuron": network.neuron.to_dict(),
        "start": trained.start,
        "weights": NETWORK_WEIGHTS,
        "weights_sha256": weights,
    }
