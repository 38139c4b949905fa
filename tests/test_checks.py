"""Settings of every kind refuse values of another type, field by field, whoever wrote them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import pytest

from autosnn_ray.algorithms import ALGORITHMS
from autosnn_ray.checks import check_types
from autosnn_ray.data import DataOptions
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluators import EVALUATORS
from autosnn_ray.profiles import EnergyModel
from autosnn_ray.runs.executors import Local
from autosnn_ray.spiking import NeuronSettings
from autosnn_ray.training import TrainSettings

CLASSES = {
    kind.__name__: kind
    for kind in (
        NeuronSettings, TrainSettings, DataOptions, EnergyModel, Local, *ALGORITHMS.values(),
        *(kind for name, kind in EVALUATORS.items() if name != "predictor"),
    )
}  # fmt: skip
WRONG = {
    "bool": ("false", 1, None),
    "int": ("1", True, 1.5, [1], None),
    "float": ("0.1", True, [0.1], None, 10**400),
    "str": (5, True, ["x"], None),
    "tuple": (5, "ab"),
    "Mapping": ([1], "x"),
}
CASES = [
    pytest.param(kind, one.name, wrong, id=f"{name}.{one.name}={repr(wrong)[:12]}")
    for name, kind in CLASSES.items()
    for one in fields(kind)
    for wrong in WRONG.get(str(one.type).partition(" ")[0].partition("[")[0], ())
    if not (wrong is None and "None" in str(one.type))
]


@pytest.mark.parametrize(("kind", "name", "wrong"), CASES)
def test_a_value_of_another_type_is_refused_by_name(kind, name, wrong):
    needed = {"supernet": None} if any(one.name == "supernet" for one in fields(kind)) else {}
    with pytest.raises(InvalidInputError) as caught:
        kind(**needed, **{name: wrong})
    assert repr(wrong) in str(caught.value)


def test_all_types_of_fields_are_looked_at():
    kinds = {str(one.type).partition(" ")[0].partition("[")[0] for kind in CLASSES.values() for one in fields(kind)}
    assert kinds - set(WRONG) == {"Supernet", "Any"}


@pytest.mark.parametrize(
    ("kind", "settings", "said"),
    [
        (NeuronSettings, {"decay_input": "false"}, "decay_input: expected true or false, got 'false'"),
        (NeuronSettings, {"tau": "2"}, "tau: expected a number, got '2'"),
        (TrainSettings, {"learning_rate": True}, "learning_rate: expected a number, got True"),
        (TrainSettings, {"memory": "1"}, "memory: expected a number, got '1'"),
        (TrainSettings, {"distillation": None}, "distillation: expected a number, got None"),
        (TrainSettings, {"schedule": ["constant"]}, r"schedule: expected text, got \['constant'\]"),
        (TrainSettings, {"epochs": 2.0}, "epochs: expected a whole number, got 2.0"),
    ],
)
def test_the_field_is_named_with_what_it_takes(kind, settings, said):
    with pytest.raises(InvalidInputError, match=f"^{said}"):
        kind.from_dict(settings)


def test_what_fits_passes():
    assert NeuronSettings(tau=3).tau == 3
    assert TrainSettings(memory=2).memory == 2
    assert DataOptions(size=(8, 8), augmentation=None).size == (8, 8)


def test_a_class_may_give_its_own_fields_what_it_likes():
    @dataclass(frozen=True)
    class Own:
        count: int = None  # type: ignore[assignment]
        share: float = 1

    check_types(Own())
    with pytest.raises(InvalidInputError, match="count: expected a whole number, got 'x'"):
        check_types(Own(count="x"))  # type: ignore[arg-type]
