"""The example of each thing that can be added, in a distribution of its own, installed outside the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "plugin"
PAGE = ROOT / "docs" / "extending.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
PROGRAM = (sys.executable, "-m", "autosnn_ray.cli.main")


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """Where the example is installed, as pip does it, and another plugin that cannot be imported."""
    source, target = tmp_path_factory.mktemp("source") / "plugin", tmp_path_factory.mktemp("target")
    shutil.copytree(EXAMPLE, source)
    how = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet")
    call(sys.executable, "-m", "pip", "install", *how, "--target", target, source, cwd=source, path=target)
    return target


def call(*arguments: object, cwd: Path, path: Path, status: int = 0) -> str:
    """Runs a command with the example beside the toolkit; returns all that it said."""
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(ROOT)])}
    done = subprocess.run(
        [str(one) for one in arguments], cwd=cwd, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


SEARCH = (
    "search", "run", "--space", "space.toml", "--data", "stripes", "--algorithm", "climber", "--evaluator", "untrained",
    "--evaluator.samples", 16, "--objective", "accuracy_per_spike,offset=50", "--constraint", "depth>=1",
    "--candidates", 6, "--executor", "local",
)  # fmt: skip


def test_a_search_with_all_of_it_is_begun_resumed_and_shown_in_processes_of_their_own(installed, tmp_path):
    shutil.copy(EXAMPLE / "space.toml", tmp_path)
    said = call(*PROGRAM, *SEARCH, cwd=tmp_path, path=installed)
    assert "6 of 6 candidates evaluated" in said
    assert "by accuracy per spike" in said
    said = call(*PROGRAM, "resume", "run", "--candidates", 8, cwd=tmp_path, path=installed)
    assert "8 of 8 candidates evaluated" in said
    call(*PROGRAM, "show", "run", "--save", "pictures", cwd=tmp_path, path=installed)
    drawn = {path.stem for path in (tmp_path / "pictures").glob("*.png")}
    assert drawn == {"pareto", "progress", "architecture", "effects", "histogram"}
    frame = (tmp_path / "pictures" / "frame.csv").read_text()
    assert "narrow_k" in frame
    assert "depth" in frame.splitlines()[0]
    missing = call(*PROGRAM, "show", "run", cwd=tmp_path, path=tmp_path, status=1)
    assert "The run was begun with the plugin 'autosnn-ray-example 1.0' installed: install it" in missing


@pytest.mark.slow
def test_a_network_of_its_block_and_neuron_is_trained_looked_into_and_exported(installed, tmp_path):
    assert "untrained: accuracy and spikes at random" in call(
        *PROGRAM, "search", "--help", cwd=tmp_path, path=installed
    )
    shutil.copy(EXAMPLE / "space.toml", tmp_path)
    what = ("--space", "space.toml", "--data", "stripes", "--epochs", 1, "--timesteps", 2)
    train = (*what, "--architecture", "narrow_k3/narrow_k5")
    call(*PROGRAM, "train", "net", *train, cwd=tmp_path, path=installed)
    said = call(*PROGRAM, "inspect", "net", cwd=tmp_path, path=installed)
    lines = [line.split() for line in said.splitlines() if ".narrow_k" in line]
    rows = {row[0]: row[2:4] for row in lines[:2]}
    # 1x1 from 4 to 2 channels and 3x3 from 2 to 4, at 8x8 pixels; 1x1 from 4 to 4 and 5x5 from 4 to 8, at 4x4; each
    # with two batch norms and a time constant.
    assert rows == {"0.narrow_k3.neuron": ["93", "10,240"], "2.narrow_k5.neuron": ["841", "26,112"]}
    said = call(*PROGRAM, "export", "net", "--nir", "net.nir", "--program", "net.pt2", cwd=tmp_path, path=installed)
    assert "spikes" in said
    train = (*what, "--architecture", "skip/narrow_k3", "--neuron", "refractory")
    call(*PROGRAM, "train", "own", *train, cwd=tmp_path, path=installed)
    refused = call(*PROGRAM, "export", "own", "--nir", "own.nir", cwd=tmp_path, path=installed, status=1)
    assert "expected a step of this toolkit" in refused


@pytest.mark.slow
def test_its_own_tests_pass_from_another_folder(installed, tmp_path):
    shutil.copy(EXAMPLE / "test_autosnn_ray_example.py", tmp_path)
    said = call(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path, path=installed)
    assert "5 passed" in said


@pytest.mark.slow
@pytest.mark.ray
def test_rays_processes_have_it_too(installed, tmp_path):
    shutil.copy(EXAMPLE / "space.toml", tmp_path)
    said = call(*PROGRAM, *SEARCH[:-2], "--num-cpus", 1, cwd=tmp_path, path=installed)
    assert "6 of 6 candidates evaluated" in said


def test_a_plugin_that_cannot_be_imported_is_said_once_and_hinders_no_other(installed, tmp_path):
    target = shutil.copytree(installed, tmp_path / "target")
    (target / "broken_plugin.py").write_text("import a_module_that_is_missing\n")
    information = target / "broken_plugin-0.3.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-plugin\nVersion: 0.3\n")
    (information / "entry_points.txt").write_text("[autosnn_ray.plugins]\nbroken = broken_plugin\n")
    said = call(*PROGRAM, "datasets", "theirs", cwd=tmp_path, path=target, status=1)
    (line,) = (line for line in said.splitlines() if "warning" in line)
    assert line == (
        "autosnn-ray: warning: plugin 'broken' of broken-plugin 0.3 cannot be imported: ModuleNotFoundError: No module "
        "named 'a_module_that_is_missing'. What it registers is missing"
    )
    assert "unknown data set 'theirs'" in said
    assert "stripes" in said
    assert "Not looked into: plugin 'broken' of broken-plugin 0.3 cannot be imported" in said
    assert "warning" not in call(*PROGRAM, "--version", cwd=tmp_path, path=target)


def test_plugins_are_not_looked_for_where_nothing_of_theirs_is_asked_for(installed, tmp_path):
    code = (
        "import sys, autosnn_ray as asr\nfrom autosnn_ray.space import find_block\nfind_block('srb_k3')\n"
        "from autosnn_ray.algorithms import make_algorithm\nmake_algorithm('autosnn')\n"
        "assert 'autosnn_ray_example' not in sys.modules\nmake_algorithm('climber', tries=3)\n"
        "assert 'autosnn_ray_example' in sys.modules\nprint('lazily')"
    )
    assert "lazily" in call(sys.executable, "-c", code, cwd=tmp_path, path=installed)


def test_the_pages_examples_run_from_top_to_bottom(tmp_path):
    *examples, laws = EXAMPLES
    assert "check_algorithm" in laws, "what holds them against the laws is run by the package's own tests"
    call(sys.executable, "-c", "\n\n".join(examples), cwd=tmp_path, path=tmp_path)


def test_the_pages_examples_are_those_of_the_package():
    """Each is twenty lines or so, and stands in the package word for word."""
    module = (EXAMPLE / "autosnn_ray_example.py").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (objective,) = re.findall(r"```python\n(@asr\.register.*?)```", readme, re.DOTALL)
    for example in [*EXAMPLES[:-1], objective]:
        for part in example.strip().split("\n\n\n"):
            assert part in module, part
        assert len(example.strip().splitlines()) <= 36
