"""How tests are dealt out to processes that run side by side."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT, group_of, marked_ray


def test_all_that_start_ray_share_one_process_and_others_their_files():
    files = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "tests").rglob("test_*.py"))]
    whole = [file for file in files if marked_ray(file) and "\npytestmark" in (ROOT / file).read_text()]
    assert len(whole) > 5
    for file in whole:
        assert {group_of(f"{file}::{test}[a::b]") for test in marked_ray(file)} == {"ray"}
    both = "tests/cli/test_cli.py"
    assert group_of(f"{both}::test_it[a::b]") == both
    assert {group_of(f"{both}::{test}") for test in marked_ray(both)} == {"ray"}
    assert not marked_ray("tests/test_layers.py")


def test_what_is_marked_is_found_in_its_file(request):
    """The marks are read from the text, before anything is collected."""
    for item in request.session.items:
        if item.get_closest_marker("ray"):
            assert group_of(item.nodeid) == "ray", item.nodeid


@pytest.mark.parametrize("nodeid", ["autosnn_ray/files.py::autosnn_ray.files.user_cache", "README.md::README.md"])
def test_examples_in_docstrings_stay_with_their_files(nodeid):
    assert group_of(nodeid) == nodeid.split("::")[0]
