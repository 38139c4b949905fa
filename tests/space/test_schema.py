"""A bad space file gets one error that names file, key, what was expected and what stood there."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import search_spaces
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.space import SearchSpace

GOOD = """name = "mine"
stem = "static"
channels = 4
in_channels = 1
input_size = [8, 8]
head = "flatten"
voters = 10
choices = ["skip", "scb_k3"]

[[layers]]
kind = "slot"
channels = 8

[[layers]]
kind = "max_pool"

[[layers]]
kind = "slot"
stride = 2
choices = ["srb_k3", "sib_k5_e6"]
"""


def test_the_good_file_is_good(tmp_path):
    path = tmp_path / "good.toml"
    path.write_text(GOOD)
    space = search_spaces.load(path)
    assert search_spaces.load(str(path)) == space
    assert [slot.channels for slot in space.slots] == [8, 8], "channels are those of the layer before, if not given"
    assert space.slots[1].choices == ("srb_k3", "sib_k5_e6")
    assert space.feature_size == (2, 2)


@pytest.mark.parametrize(
    ("change", "key", "expected", "given"),
    [
        (('name = "mine"', ""), "name", "a name", "missing"),
        (('name = "mine"', "name = 3"), "name", "a name", "3"),
        (('"static"', '"dvs"'), "stem", "one of: static, event, tiny_imagenet", "'dvs'"),
        (('"flatten"', '"mean"'), "head", "one of: flatten, global_average", "'mean'"),
        (("channels = 4\n", "channels = 0\n"), "channels", "a whole number from 1", "0"),
        (("channels = 4\n", "channels = 4.5\n"), "channels", "a whole number", "4.5"),
        (("channels = 4\n", "channels = true\n"), "channels", "a whole number", "True"),
        (("channels = 8", 'channels = "many"'), "layers[0].channels", "a whole number", "'many'"),
        (("[8, 8]", "[8]"), "input_size", "[height, width]", "[8]"),
        (("[8, 8]", "8"), "input_size", "[height, width]", "8"),
        (("[8, 8]", "[1, 8]"), "input_size", "large enough", "(1, 8)"),
        (("voters = 10", "voters = -1"), "voters", "a whole number", "-1"),
        (('["skip", "scb_k3"]', "[]"), "choices", "a list of different blocks", "[]"),
        (('["skip", "scb_k3"]', '["skip", "conv"]'), "choices", "scb_k3", "['skip', 'conv']"),
        (('["skip", "scb_k3"]', '["skip", "skip"]'), "choices", "different", "['skip', 'skip']"),
        (('["skip", "scb_k3"]', '"skip"'), "choices", "a list", "'skip'"),
        (('["skip", "scb_k3"]', '["skip", "max_pool"]'), "layers[0].choices", "pools only where", "['max_pool']"),
        (('kind = "max_pool"', 'kind = "pool"'), "layers[1].kind", "one of: slot, skip", "'pool'"),
        (('kind = "max_pool"', ""), "layers[1].kind", "one of", "missing"),
        (('kind = "max_pool"', 'kind = "max_pool"\nstride = 3'), "layers[1].stride", "no such key", "3"),
        (("stride = 2", "stride = 0"), "layers[2].stride", "a whole number", "0"),
        (("voters = 10", "votes = 10"), "votes", "no such key (known: name", "10"),
    ],
)
def test_the_error_names_file_key_expected_and_given(tmp_path, change, key, expected, given):
    path = tmp_path / "bad.toml"
    assert change[0] in GOOD
    path.write_text(GOOD.replace(*change, 1))
    with pytest.raises(InvalidInputError) as caught:
        search_spaces.load(path)
    said = str(caught.value)
    for part in (str(path), f"'{key}'", expected, given):
        assert part in said, said
    assert "\n" not in said


@pytest.mark.parametrize("layers", ["", "layers = 3", "layers = []", "layers = [1]", 'layers = [{kind = "slot"}, 7]'])
def test_what_is_no_list_of_layers_is_refused(tmp_path, layers):
    path = tmp_path / "bad.toml"
    path.write_text(f"{GOOD.split('[[layers]]')[0]}\n{layers}\n")
    with pytest.raises(InvalidInputError, match="layers"):
        search_spaces.load(path)


def test_files_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "no.toml").write_text("name = ")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    for name in ("no.toml", "bytes.toml"):
        with pytest.raises(InvalidInputError, match=f"{name}: expected TOML"):
            search_spaces.load(tmp_path / name)
    with pytest.raises(InvalidInputError, match=r"missing\.toml: expected a space file that can be read"):
        search_spaces.load(tmp_path / "missing.toml")
    with pytest.raises(InvalidInputError, match="unknown space 'digits'; expected one of: autosnn_128"):
        search_spaces.load("digits")


def test_a_stem_can_stand_in_place_of_a_spaces_own(tmp_path):
    events = search_spaces.load("autosnn_32", stem="event")
    assert (events.name, events.stem, events.in_channels, events.input_size) == (
        "autosnn_32_event", "event", 2, (128, 128),
    )  # fmt: skip
    assert events.layers == search_spaces.load("autosnn_32").layers
    assert search_spaces.load("autosnn_32", stem="static") == search_spaces.load("autosnn_32")
    with pytest.raises(InvalidInputError, match="unknown stem 'dvs'; expected one of: static, event"):
        search_spaces.load("autosnn_32", stem="dvs")


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 9), st.floats(), st.text(max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["extra", *tomllib.loads(GOOD)]), values))
def test_whatever_stands_in_a_file_it_is_a_space_or_one_error(changes):
    try:
        space = SearchSpace.from_dict({**tomllib.loads(GOOD), **changes}, source="fuzz.toml")
    except InvalidInputError as error:
        assert "fuzz.toml" in str(error)  # noqa: PT017 - both ends are fine, a third is not
    else:
        assert space.size >= 1


def with_layers(**entries):
    return SearchSpace.from_dict({**tomllib.loads(GOOD), **entries}, source="mine.toml")


def test_a_space_without_slots_is_one_network():
    space = with_layers(layers=[{"kind": "conv_k3", "channels": 6}, {"kind": "max_pool"}], hidden=[12, 9])
    assert (space.size, space.slots, space.hidden) == (1, (), (12, 9))
    assert space.parse("") == space.parse(()) == space.at(0) == space.sample(np.random.default_rng(0)) == ()
    assert space.index(()) == 0
    assert list(space.enumerate()) == [()]
    assert SearchSpace.from_dict(space.to_dict()) == space
    with pytest.raises(InvalidInputError, match="expected 0 choices"):
        space.parse("skip")
    with pytest.raises(InvalidInputError, match="a search: expected a space with slots, but 'mine' has none"):
        space.require_slots("a search")


def test_hidden_layers_are_part_of_what_a_space_is():
    assert with_layers(hidden=[8]).checksum != with_layers().checksum
    assert with_layers(hidden=[]).checksum == with_layers().checksum


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"hidden": 8}, "key 'hidden': expected a list of whole numbers"),
        ({"hidden": [8, 0]}, "key 'hidden'"),
        ({"hidden": [True]}, "key 'hidden'"),
        ({"input_size": [1, 8]}, r"mine.toml: key .input_size.: input_size \(1, 8\): too small"),
        ({"layers": [{"kind": "skip", "stride": 3}]}, r"layers\[0\].stride': expected 1 or 2 where a skip"),
        ({"layers": [{"kind": "slot", "stride": 4}]}, r"layers\[0\].stride': expected 1 or 2 where a skip"),
        (
            {"input_size": [8, 7], "layers": [{"kind": "slot", "stride": 2, "choices": ["max_pool", "srb_k3"]}]},
            r"layers\[0\] of space 'mine' offers pools beside other blocks and gets features of \(8, 7\)",
        ),
    ],
)
def test_layers_that_fit_no_network_are_refused(entries, said):
    with pytest.raises(InvalidInputError, match=said):
        with_layers(**entries)
