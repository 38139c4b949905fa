"""How tests are dealt out to processes that run side by side."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT, group_of


def test_all_that_start_ray_share_one_process_and_others_their_files():
    files = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "tests").rglob("test_*.py"))]
    groups = {file: group_of(f"{file}::test_it[a::b]") for file in files}
    assert list(groups.values()).count("ray") > 1
    assert all(group in (file, "ray") for file, group in groups.items())
    assert groups["tests/test_layers.py"] == "tests/test_layers.py"
    assert groups["tests/cli/test_cli.py"] == "ray"


def test_what_is_marked_is_found_in_its_file(request):
    """The marks are read from the text, before anything is collected."""
    for item in request.session.items:
        if item.get_closest_marker("ray"):
            assert group_of(item.nodeid) == "ray", item.nodeid


@pytest.mark.parametrize("nodeid", ["autosnn_ray/files.py::autosnn_ray.files.user_cache", "README.md::README.md"])
def test_examples_in_docstrings_stay_with_their_files(nodeid):
    assert group_of(nodeid) == nodeid.split("::")[0]
