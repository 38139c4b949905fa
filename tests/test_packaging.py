"""What is shipped: every public name, importing is light, the README is true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


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
def test_the_readmes_examples_run(tmp_path):
    """As they stand there, in a process of their own, with shorter trainings and searches."""
    example, without = (block for block in readme_blocks("python") if "asr.search" in block)
    assert len(example.strip().splitlines()) <= 20
    sample = 'asr.fit_predictor(problem, path="runs/sample", sample=6, epochs=1)'  # what it fits where none is given
    shorter = (example + without).replace('problem, path="runs/first"', f'problem, {sample}, path="runs/first"')
    shorter = shorter.replace("seed=0)  ", "seed=0, settings=asr.TrainSettings(epochs=3, learning_rate=1e-2))", 1)
    shorter = shorter.replace("epochs=4", "epochs=1").replace('path="runs/no-', 'candidates=2, path="runs/no-')
    shorter = shorter.replace("train_finalists(problem, run)", "train_finalists(problem, run, count=2, epochs=1)")
    assert all(part in shorter for part in ("sample=6", "settings=", "candidates=2,", "count=2"))
    shorter = shorter.replace("candidates=400", "candidates=24, executor=asr.Ray(num_cpus=2)")
    assert shorter.count("candidates=24") == 2
    result = subprocess.run([sys.executable, "-c", shorter], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "architecture" in result.stdout
    for run in ("first", "one-shot", "no-supernet"):
        assert (tmp_path / "runs" / run / "journal.jsonl").exists()


def test_every_file_the_readme_names_is_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in t]
    assert targets
    for target in targets:
        assert (ROOT / target).exists(), target
