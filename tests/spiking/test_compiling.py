"""Where the machine code of compiled loops is kept: never in the package, and nowhere where it cannot be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numba
import numpy as np
import pytest

from autosnn_ray.errors import AutoSNNWarning, DamagedCacheWarning
from autosnn_ray.files import user_cache
from autosnn_ray.spiking import compiling
from autosnn_ray.spiking.compiling import compiled

ROOT = Path(__file__).parents[2]
PACKAGES = ("autosnn_ray", "search_spaces", "analysis")


def doubled(x):
    for i in range(len(x)):
        x[i] *= 2


def runs(loop) -> bool:
    x = np.arange(3.0)
    loop(x)
    return list(x) == [0, 2, 4]


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    compiling._say_that_nothing_is_kept.cache_clear()
    return tmp_path / "caches" / "autosnn-ray" / "compiled"


def kept(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.nb[ic]"))


def test_code_is_kept_in_the_users_caches_and_found_again(cache):
    first = compiled(doubled)
    assert runs(first)
    assert {path.suffix for path in kept(cache)} == {".nbi", ".nbc"}
    again = compiled(doubled)
    assert runs(again)
    assert sum(again.stats.cache_hits.values()) == 1


def test_numbas_own_variable_names_another_folder(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "given"))
    assert runs(compiled(doubled))
    assert kept(tmp_path / "given")
    assert not cache.exists()


def test_the_users_own_loops_are_kept_where_numba_keeps_them(cache):
    own = numba.njit(cache=True)(doubled)
    assert not Path(own.stats.cache_path).is_relative_to(cache.parent)
    assert numba.config.CACHE_DIR == ""


def test_where_nothing_can_be_kept_it_is_said_once_and_compiled_all_the_same(cache):
    cache.parent.parent.write_text("a file where the folder would be")
    with pytest.warns(AutoSNNWarning, match="cannot be written to .*; set NUMBA_CACHE_DIR") as said:
        loops = [compiled(doubled), compiled(doubled)]
    assert len(said) == 1
    assert all(runs(loop) for loop in loops)


def test_a_folder_that_others_can_write_to_is_not_believed(cache):
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    with pytest.warns(AutoSNNWarning, match="can be written to by other users"):
        loop = compiled(doubled)
    assert runs(loop)
    assert not kept(cache)


def test_a_folder_that_is_lost_or_full_later_on_costs_no_result(cache):
    loops = [compiled(doubled), compiled(doubled)]
    shutil.rmtree(cache)
    cache.write_text("in its place")
    with pytest.warns(AutoSNNWarning, match="cannot be written to") as said:
        assert all(runs(loop) for loop in loops)
    assert len([one for one in said if issubclass(one.category, AutoSNNWarning)]) == 1


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_damaged_code_is_compiled_anew(cache, suffix):
    assert runs(compiled(doubled))
    for path in kept(cache):
        if path.suffix == suffix:
            path.write_bytes(path.read_bytes()[:20])
    with pytest.warns(DamagedCacheWarning, match="damaged and compiled anew"):
        assert runs(compiled(doubled))
    mended = compiled(doubled)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert runs(mended)
    assert sum(mended.stats.cache_hits.values()) == 1


def test_code_of_another_source_is_not_used(cache, monkeypatch):
    """A loop holds the code of those it calls, which may lie in another file: each file counts."""
    assert runs(compiled(doubled))
    monkeypatch.setattr(compiling, "_sources", lambda _: b"changed")
    changed = compiled(doubled)
    assert runs(changed)
    assert not changed.stats.cache_hits


def test_a_checksum_covers_every_file_beside_a_loop(tmp_path):
    sums = set()
    for content in ("a", "b"):
        (tmp_path / "callee.py").write_text(content)
        compiling._sources.cache_clear()
        sums.add(compiling._sources(str(tmp_path)))
    assert len(sums) == 2


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"XDG_CACHE_HOME": "/caches", "HOME": "/home/ada"}, "/caches"),
        ({"XDG_CACHE_HOME": "", "HOME": "/home/ada"}, "/home/ada/.cache"),
        ({"XDG_CACHE_HOME": "caches", "HOME": "/home/ada"}, "/home/ada/.cache"),
        ({"XDG_CACHE_HOME": "", "HOME": "nowhere"}, "/dev/null"),
    ],
)
def test_the_users_caches(monkeypatch, variables, folder):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert user_cache("compiled") == Path(folder) / "autosnn-ray" / "compiled"


def test_running_compiled_loops_leaves_the_package_as_it_was(tmp_path):
    """The packages lie in a folder of their own, as they do when installed."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / "site" / package, ignore=shutil.ignore_patterns("__pycache__"))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "site").rglob("*")}
    code = (
        "import numpy as np; from autosnn_ray.spiking import kernels\n"
        "x = np.zeros(3); kernels.fill(x, 2.0); print(x.sum(), kernels.__file__)\n"
    )
    result = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site"), "XDG_CACHE_HOME": str(tmp_path / "caches")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == ["6.0", str(tmp_path / "site" / "autosnn_ray" / "spiking" / "kernels.py")]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "site").rglob("*")} == before
    assert kept(tmp_path / "caches" / "autosnn-ray" / "compiled")
