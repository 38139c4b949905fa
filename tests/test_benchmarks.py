"""The benchmarks name what there is: nobody runs the long ones often, and what they use goes on changing."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
FILES = sorted(BENCHMARKS.glob("*.py"))


@pytest.fixture
def beside_each_other(monkeypatch):
    """Benchmarks import one another as scripts of one folder do; their short names are given back."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    yield
    for path in FILES:
        sys.modules.pop(path.stem, None)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.usefixtures("beside_each_other")
def test_a_benchmark_imports_and_what_its_functions_import_is_there(path):
    importlib.import_module(path.stem)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                importlib.import_module(alias.name)
        elif isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module or "")
            for alias in node.names:
                found = hasattr(module, alias.name) or importlib.util.find_spec(f"{node.module}.{alias.name}")
                assert found, f"{path.name}, line {node.lineno}: {node.module} has no {alias.name}"
