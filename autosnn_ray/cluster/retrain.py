"""Retraining: chosen architectures trained alone with several seeds, each network kept with its model card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autosnn_ray.algorithms import RandomSearch
from autosnn_ray.cards import network_folder
from autosnn_ray.cluster.rank import OnRun
from autosnn_ray.cluster.search import search
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import CheckpointError, InvalidInputError, unknown_name
from autosnn_ray.evaluators import make_evaluator
from autosnn_ray.evaluators.kept import STARTS
from autosnn_ray.journal import JOURNAL_FILE, Ask, Tell, read_journal
from autosnn_ray.objectives import DEFAULT_EXPONENT
from autosnn_ray.profiles import EnergyModel
from autosnn_ray.run import Retraining
from autosnn_ray.space import SearchSpace, format_architecture
from autosnn_ray.spiking.neurons import NeuronSettings
from autosnn_ray.training.card import write_card
from autosnn_ray.training.checkpoint import NETWORK_DESCRIPTION
from autosnn_ray.training.settings import TrainSettings
from autosnn_ray.training.supernet import Supernet

HAND_MADE = "hand_made"
"""Folder of the runs of hand-made networks, in that of a retraining."""


def retrain(
    supernet: Supernet,
    data: Dataset,
    architectures: Sequence[str | Sequence[str]],
    *,
    path: str | Path,
    seeds: int = 3,
    settings: TrainSettings | None = None,
    start: str = "scratch",
    hand_made: Sequence[SearchSpace] = (),
    hand_made_neuron: NeuronSettings | None = None,
    exponent: float = DEFAULT_EXPONENT,
    reference_spikes: float | None = None,
    energy_model: EnergyModel | None = None,
    seed: int = 0,
    address: str | None = None,
    num_cpus: int | None = None,
    on_run: OnRun | None = None,
    **per_candidate: Any,
) -> Retraining:
    """Trains architectures alone, each with several seeds, as trials side by side; then looks once at the test samples.

    Nothing is selected by test samples: the weights are those of the last epoch, every seed is reported, and
    architectures are ordered by their fitness on the validation split. When all trainings are done, each network is
    measured on the test split, once; its model card keeps what was seen. The same call goes on where it was cut off,
    in the midst of a training too.

    Args:
        supernet: Whose space, T and neurons are used; its weights only to start from. ``Supernet.untrained`` does
            where there is none.
        data: Its data set, test samples included.
        architectures: What is trained, such as ``run.best(3)["architecture"]``.
        path: Where the run is kept: journal, networks with their cards.
        seeds: Trainings of each.
        settings: How to train; the defaults of ``TrainSettings`` where None.
        start: ``scratch``, or ``supernet``: from the paths' weights.
        hand_made: Spaces without a slot, trained and measured beside, from scratch.
        hand_made_neuron: Their neurons' settings; the supernet's where None.
        exponent: Of the fitness.
        reference_spikes: Of the fitness, spikes/sample; the supernet's where None.
        energy_model: Energy of the operations; the field's 45 nm figures where None.
        seed: Seed of each architecture's first training; the next have the numbers that follow.
        address: Address of a Ray cluster; None starts Ray on this machine.
        num_cpus: CPUs of the Ray that is started; all where None.
        on_run: Told of every run that begins.
        per_candidate: Resources of a training, as ``search`` takes them.

    Returns:
        The retraining; ``frame()`` has a row for each architecture and seed, ``summary()`` one for each architecture.

    Raises:
        InvalidInputError: Nothing to train, or a value that is not what is needed.
        JournalError: What is there was made with other settings.
        CheckpointError: A network is not where this process can read it.
    """
    path, settings = Path(path), settings or TrainSettings()
    if start not in STARTS:
        raise unknown_name("start", start, STARTS)
    names = [format_architecture(supernet.space.parse(architecture)) for architecture in architectures]
    runs = [(supernet, names, path, start)] if names else []
    for space in hand_made:
        stand_in = _stand_in(space, supernet, data, hand_made_neuron or supernet.neuron)
        runs.append((stand_in, [""], path / HAND_MADE / space.name, "scratch"))
    if not runs:
        raise InvalidInputError("architectures: expected at least one to train, or a hand-made network")
    training = settings.to_dict()
    reference = supernet.reference_spikes or 1.0 if reference_spikes is None else reference_spikes
    with ray_session(address, num_cpus):
        for one, given, folder, begins in runs:
            count = len(given) * seeds
            search(
                one,
                data,
                path=folder,
                algorithm=RandomSearch(first=tuple(given), repeats=seeds),
                candidates=count,
                exponent=exponent,
                # Orders on the validation split do not depend on it, where nothing has measured one.
                reference_spikes=reference,
                evaluator=make_evaluator("kept", epochs=settings.epochs, seed=seed, start=begins, training=training),
                resume=(folder / JOURNAL_FILE).exists(),
                on_told=on_run(f"retraining, {one.space.name}", count) if on_run else None,
                **per_candidate,
            )
    for _, _, folder, _ in runs:
        _report(folder, data, seed, energy_model)
    return Retraining(path)


def _stand_in(space: SearchSpace, supernet: Supernet, data: Dataset, neuron: NeuronSettings) -> Supernet:
    if space.slots:
        raise InvalidInputError(f"hand_made: expected a space without slots, got {space.name!r}")
    fitted = replace(space, in_channels=data.in_channels, input_size=data.input_size)
    return Supernet.untrained(fitted, supernet.data, timesteps=supernet.timesteps, neuron=neuron)


def _report(folder: Path, data: Dataset, seed: int, energy_model: EnergyModel | None) -> None:
    """Writes the card of every network that a run has trained."""
    asked: dict[int, Ask] = {}
    for event in read_journal(folder).events:
        if isinstance(event, Ask):
            asked[event.index] = event
        elif isinstance(event, Tell):
            of = asked[event.index]
            kept = network_folder(folder, of.architecture, seed + of.generation)
            if not (kept / NETWORK_DESCRIPTION).exists():
                raise CheckpointError(
                    f"{kept}: expected a trained network: it was kept on another machine, or removed. On a cluster, "
                    "the run's folder must be one that all nodes see (--storage)"
                )
            write_card(kept, data, energy_model=energy_model, look_at_test=True)
