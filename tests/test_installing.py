"""The wheel, and both of the README's commands in one environment: an installation stays as it was installed."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import search_spaces
from autosnn_ray import recipes

ROOT = Path(__file__).parents[1]

USE = """
import numpy as np
import autosnn_ray as asr
from autosnn_ray.spiking import kernels

x = np.zeros(3)
kernels.fill(x, 2.0)
assert x.sum() == 6
assert callable(asr.search)
print(asr.__file__)
"""


def call(*arguments: object, cwd: Path, **variables: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | variables
    result = subprocess.run(
        [str(argument) for argument in arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def listing(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.lstat().st_mtime_ns for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The toolkit as it is shipped."""
    folder = tmp_path_factory.mktemp("wheel")
    call(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_a_wheel_holds_every_space_and_no_test(wheel):
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


@pytest.mark.slow
def test_an_installation_stays_as_it_was_installed_and_gives_way_to_another(tmp_path, wheel):
    """The environment is fresh, but sees the dependencies of this one."""
    call(sys.executable, "-m", "venv", "--without-pip", tmp_path / "environment", cwd=tmp_path)
    python = tmp_path / "environment" / "bin" / "python"
    site = Path(call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path))
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-input", "--quiet")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))

    call(*pip, wheel, cwd=tmp_path)
    installed = listing(site)
    for mode in (0o755, 0o555):  # also where nothing can be written to it, which a superuser still could
        for folder in {path for path in [site, *site.rglob("*")] if path.is_dir()}:
            folder.chmod(mode)
        used = call(python, "-c", USE, cwd=tmp_path, XDG_CACHE_HOME=str(tmp_path / f"caches{mode}"))
        assert used == str(site / "autosnn_ray" / "__init__.py")
        assert listing(site) == installed
        assert list((tmp_path / f"caches{mode}" / "autosnn-ray" / "compiled").rglob("*.nbc"))
    for folder in [site, *site.rglob("*")]:
        if folder.is_dir():
            folder.chmod(0o755)

    call(*pip, "-e", ROOT, cwd=tmp_path)
    assert not (site / "autosnn_ray").exists()
    assert call(python, "-c", USE, cwd=tmp_path) == str(ROOT / "autosnn_ray" / "__init__.py")
