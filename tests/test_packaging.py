"""What is shipped: the wheel holds the spaces, importing is light, the README is true."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import search_spaces
from autosnn_ray import recipes

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_a_wheel_holds_every_space_and_no_test(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"search_spaces/{name}.toml" for name in search_spaces.names()} <= set(names)
    assert {f"search_spaces/hand_made/{name}.toml" for name in search_spaces.hand_made()} <= set(names)
    assert {f"autosnn_ray/recipes/{name}.toml" for name in recipes.names()} <= set(names)
    assert {"autosnn_ray/py.typed", "search_spaces/py.typed", "analysis/py.typed"} <= set(names)
    assert not [name for name in names if name.startswith("tests")]
    metadata = next(zipfile.ZipFile(wheel).read(name).decode() for name in names if name.endswith("METADATA"))
    assert "License-Expression: Apache-2.0" in metadata
    scripts = next(zipfile.ZipFile(wheel).read(name).decode() for name in names if name.endswith("entry_points.txt"))
    assert "autosnn-ray = autosnn_ray.cli.main:main" in scripts


def test_every_public_name_can_be_had():
    import autosnn_ray

    for name in autosnn_ray.__all__:
        assert getattr(autosnn_ray, name) is not None
    assert set(autosnn_ray.__all__) <= set(dir(autosnn_ray))
    with pytest.raises(AttributeError, match="autosearch"):
        _ = autosnn_ray.autosearch


def test_importing_starts_no_ray():
    code = "import autosnn_ray, sys; autosnn_ray.search; import ray; print(ray.is_initialized())"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


def readme_blocks(language: str) -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.mark.slow
@pytest.mark.ray
def test_the_readmes_example_runs(tmp_path):
    """As it stands there, in a process of its own, with a shorter training and search."""
    example = next(block for block in readme_blocks("python") if "asr.search" in block)
    assert len(example.strip().splitlines()) <= 20
    shorter = example.replace("seed=0)", "seed=0, settings=asr.TrainSettings(epochs=3, learning_rate=1e-2))", 1)
    shorter = shorter.replace("candidates=400", "candidates=24, num_cpus=2")
    assert shorter.count("24") == 1
    result = subprocess.run([sys.executable, "-c", shorter], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "architecture" in result.stdout
    assert (tmp_path / "runs" / "first" / "journal.jsonl").exists()


def test_every_file_the_readme_names_is_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in t]
    assert targets
    for target in targets:
        assert (ROOT / target).exists(), target
