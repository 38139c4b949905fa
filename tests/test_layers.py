"""The layers: who may import what. An arrow upward fails."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

CORE = (
    "autosnn_ray.errors",
    "autosnn_ray.allocator",
    "autosnn_ray.files",
    "autosnn_ray.toml_files",
    "autosnn_ray.evaluations",
    "autosnn_ray.profiles",
    "autosnn_ray.cards",
)
SPACE = (*CORE, "autosnn_ray.space")
OBJECTIVES = (*SPACE, "autosnn_ray.objectives")
JOURNAL = (*OBJECTIVES, "autosnn_ray.journal")
ALGORITHMS = (*JOURNAL, "autosnn_ray.algorithms")
SPIKING = (*ALGORITHMS, "autosnn_ray.spiking")
DATA = (*SPIKING, "autosnn_ray.data")
EVALUATION = (*DATA, "autosnn_ray.evaluation")
TRAINING = (*EVALUATION, "autosnn_ray.training", "autosnn_ray.versions")
EVALUATORS = (*TRAINING, "autosnn_ray.evaluators")
EXPORT = (*DATA, "autosnn_ray.export")
CLUSTER = (*EVALUATORS, "autosnn_ray.cluster", "autosnn_ray.run")

ALLOWED: dict[str, tuple[str, ...]] = {
    "autosnn_ray.errors": (),
    "autosnn_ray.allocator": (),
    "autosnn_ray.files": (),
    "autosnn_ray.toml_files": CORE,
    "autosnn_ray.versions": (),
    "autosnn_ray.evaluations": CORE,
    "autosnn_ray.profiles": CORE,
    "autosnn_ray.cards": CORE,
    "autosnn_ray.space": (*SPACE, "numpy"),
    "autosnn_ray.objectives": (*OBJECTIVES, "numpy"),
    "autosnn_ray.journal": (*JOURNAL, "numpy"),
    "autosnn_ray.algorithms": (*ALGORITHMS, "numpy"),
    "autosnn_ray.spiking": (
        *SPIKING,
        "numpy",
        "numba",
        "llvmlite",
        "triton",
        "torch",
        "norse",
        "safetensors",
        "search_spaces",
    ),
    "autosnn_ray.data": (*DATA, "numpy", "torch", "sklearn", "scipy", "PIL", "tonic"),
    "autosnn_ray.evaluation": (*EVALUATION, "numpy", "torch"),
    "autosnn_ray.training": (*TRAINING, "numpy", "torch", "safetensors"),
    "autosnn_ray.evaluators": (*EVALUATORS, "torch"),
    "autosnn_ray.export": (*EXPORT, "numpy", "torch", "norse", "nir"),
    "autosnn_ray.run": ("analysis", "pandas"),
    "autosnn_ray.cluster": (*CLUSTER, "numpy", "torch", "ray", "fsspec"),
    "autosnn_ray.recipes": CORE,
    "autosnn_ray.pipeline": (*CLUSTER, "autosnn_ray.recipes", "search_spaces"),
    "autosnn_ray.cli": (
        *CLUSTER,
        "autosnn_ray.recipes",
        "autosnn_ray.pipeline",
        "autosnn_ray.cli",
        "autosnn_ray.export",
        "search_spaces",
        "analysis",
        "pandas",
        "rich",
        "jsonargparse",
        "tomli_w",
    ),
    "search_spaces": (*SPACE,),
    "analysis": (*JOURNAL, "analysis", "numpy", "pandas", "matplotlib", "moocore", "scipy"),
}
"""For each package, what its files may import besides the standard library, in any function of theirs too."""


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
            found.add(node.module or "")
    return found


def layer_of(path: Path) -> str:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    fitting = [layer for layer in ALLOWED if module == layer or module.startswith(f"{layer}.")]
    return max(fitting, key=len, default="")


def is_under(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


FILES = [
    path
    for package in ("autosnn_ray", "search_spaces", "analysis")
    for path in sorted((ROOT / package).rglob("*.py"))
    if path != ROOT / "autosnn_ray" / "__init__.py"  # names every layer, and loads each when it is first used
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_arrow_points_upward(path):
    import sys

    layer = layer_of(path)
    assert layer, f"{path} belongs to no layer"
    for module in imports(path):
        if module.split(".")[0] in sys.stdlib_module_names:
            continue
        assert any(is_under(module, allowed) for allowed in ALLOWED[layer]), f"{layer} must not import {module}"


def test_ray_is_imported_in_one_folder_alone():
    users = {path for path in FILES if any(is_under(module, "ray") for module in imports(path))}
    assert users
    assert all((ROOT / "autosnn_ray" / "cluster") in path.parents for path in users)


def test_the_rule_would_catch_an_arrow_upward(tmp_path):
    path = tmp_path / "space.py"
    path.write_text("def f():\n    import torch.nn\n")
    assert imports(path) == {"torch.nn"}
    assert not any(is_under("torch.nn", allowed) for allowed in ALLOWED["autosnn_ray.space"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250, "split by meaning"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert length <= 50, f"{node.name} has {length} lines"
