"""``--asha`` and what belongs to it."""

from __future__ import annotations

import pytest
from jsonargparse import ArgumentParser

import autosnn_ray as asr
from autosnn_ray.cli.executor_options import add_executor_options, chosen_executor
from autosnn_ray.errors import InvalidInputError


def chosen(*given, before=None):
    parser = ArgumentParser()
    add_executor_options(parser)
    return chosen_executor(parser.parse_args(list(given)), before)


def test_it_makes_the_setting_and_a_resumed_run_keeps_its_own():
    assert chosen("--asha", "3").asha == asr.Asha(grace=1, factor=3)
    assert chosen("--asha", "2.5", "--asha-grace", "4").asha == asr.Asha(grace=4, factor=2.5)
    assert chosen().asha is None
    before = asr.Ray(asha=asr.Asha(grace=2, factor=4)).to_dict()
    assert chosen(before=before).asha == asr.Asha(grace=2, factor=4)
    assert chosen("--asha", "3", before=before).asha == asr.Asha(grace=1, factor=3)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(InvalidInputError, match="--asha: expected a factor above 1, got 1"):
        chosen("--asha", "1")
    with pytest.raises(InvalidInputError, match="belongs to --asha"):
        chosen("--asha-grace", "2")
    with pytest.raises(InvalidInputError, match="--executor local"):
        chosen("--asha", "3", "--executor", "local")
