"""A user's own ``analysis.py`` and ``search_spaces.py`` beside their script: the toolkit is not fooled."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.analysis.make_run import write_search

ROOT = Path(__file__).parents[1]

USE = """
import autosnn_ray as asr
from autosnn_ray.own_packages import search_spaces as ours

run = asr.Run("run")
assert len(run.frame()) == 30
assert run.config()["problem"]["space"]["name"] == "digits_16"
assert list(run.front().columns) == list(run.frame().columns)
assert "digits_16" in ours.names()
"""
"""What the toolkit does with its own two packages, in whatever way it has been loaded."""

OWN = """
import analysis, search_spaces

assert analysis.MINE == search_spaces.MINE == "the user's"
"""


def run_script(folder: Path, text: str, *, kind: str) -> str:
    for name in ("analysis", "search_spaces"):
        content = "MINE = \"the user's\"\nprint(__name__, 'of the user runs')\n"
        if kind == "module":
            (folder / f"{name}.py").write_text(content)
        else:
            (folder / name).mkdir()
            if kind == "package":
                (folder / name / "__init__.py").write_text(content)
    (folder / "script.py").write_text(text)
    result = subprocess.run(
        [sys.executable, "script.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
def folder(tmp_path) -> Path:
    write_search(tmp_path / "run", candidates=30)
    return tmp_path


def test_a_users_own_packages_are_neither_used_nor_run(folder):
    assert run_script(folder, USE, kind="package") == ""


def test_a_user_who_has_imported_their_own_keeps_them(folder):
    said = run_script(folder, OWN + USE + OWN, kind="module")
    assert said == "analysis of the user runs\nsearch_spaces of the user runs\n"


def test_a_user_who_imports_their_own_afterwards_gets_them(folder):
    said = run_script(folder, f"{USE}\nprint('ours were used')\n{OWN}", kind="module")
    assert said == "ours were used\nanalysis of the user runs\nsearch_spaces of the user runs\n"


def test_a_folder_of_that_name_without_code_is_no_package(folder):
    assert run_script(folder, USE, kind="folder") == ""


def test_pictures_and_the_command_line_too(folder):
    code = (
        "from autosnn_ray.cli.main import main\n"
        "assert main(['show', 'run', '--save', 'out']) == 0\n"
        "assert main(['spaces', 'digits_16']) == 0\n"
    )
    assert "3,125" in run_script(folder, code, kind="module")
    assert {"frame.csv", "pareto.png"} <= {path.name for path in (folder / "out").iterdir()}


def test_there_is_one_copy_where_no_name_is_taken():
    import analysis
    import search_spaces
    from autosnn_ray import own_packages

    assert own_packages.analysis is analysis
    assert own_packages.search_spaces is search_spaces
    with pytest.raises(AttributeError, match="tests"):
        _ = own_packages.tests
