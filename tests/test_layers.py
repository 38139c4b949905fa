"""The layers: who may import what. An arrow upward fails."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

CORE = (
    "autosnn_ray.errors",
    "autosnn_ray.checks",
    "autosnn_ray.allocator",
    "autosnn_ray.files",
    "autosnn_ray.functions",
    "autosnn_ray.toml_files",
    "autosnn_ray.versions",
    "autosnn_ray.evaluations",
    "autosnn_ray.passes",
    "autosnn_ray.profiles",
    "autosnn_ray.cards",
    "autosnn_ray.own_packages",
    "autosnn_ray.shown",
    "autosnn_ray.plugins",
    "autosnn_ray.own_code",
)
SPACE = (*CORE, "autosnn_ray.space")
OBJECTIVES = (*SPACE, "autosnn_ray.objectives")
JOURNAL = (*OBJECTIVES, "autosnn_ray.journal")
ALGORITHMS = (*JOURNAL, "autosnn_ray.algorithms")
LOOP = (*ALGORITHMS, "autosnn_ray.loop")
PROGRESS = "autosnn_ray.progress"
SPIKING = (*SPACE, "autosnn_ray.spiking")
DATA = (*CORE, "autosnn_ray.data")
PROBLEM = (*SPIKING, *DATA, "autosnn_ray.problem")
EVALUATION = (*PROBLEM, "autosnn_ray.evaluation")
MEASURES = (*EVALUATION, "autosnn_ray.measures")
TRAINING = (*EVALUATION, "autosnn_ray.training", PROGRESS)
STORAGE = (*TRAINING, *JOURNAL, "autosnn_ray.storage")
EVALUATORS = (*TRAINING, *LOOP, *MEASURES, "autosnn_ray.evaluators")
EXPORT = (*PROBLEM, "autosnn_ray.export")
CLUSTER = (*EVALUATORS, *STORAGE, "autosnn_ray.cluster")
RUNS = (*CLUSTER, "autosnn_ray.runs")
STUDIES = (*RUNS, "autosnn_ray.recipes", "autosnn_ray.studies", "search_spaces")

ALLOWED: dict[str, tuple[str, ...]] = {
    "autosnn_ray.errors": (),
    "autosnn_ray.checks": ("autosnn_ray.errors",),
    "autosnn_ray.allocator": (),
    "autosnn_ray.files": ("autosnn_ray.errors",),
    "autosnn_ray.functions": ("autosnn_ray.errors",),
    "autosnn_ray.toml_files": CORE,
    "autosnn_ray.versions": (),
    "autosnn_ray.shown": (),
    "autosnn_ray.own_packages": ("analysis", "search_spaces"),
    "autosnn_ray.evaluations": CORE,
    "autosnn_ray.passes": (),
    "autosnn_ray.plugins": ("autosnn_ray.errors",),
    "autosnn_ray.own_code": ("autosnn_ray.errors", "autosnn_ray.plugins"),
    "autosnn_ray.registration": (*PROBLEM, "autosnn_ray.registration", "autosnn_ray.measures", "analysis"),
    "autosnn_ray.profiles": CORE,
    "autosnn_ray.cards": CORE,
    "autosnn_ray.space": (*SPACE, "numpy"),
    "autosnn_ray.objectives": (*OBJECTIVES, "numpy"),
    "autosnn_ray.journal": (*JOURNAL, "numpy"),
    "autosnn_ray.algorithms": (*ALGORITHMS, "numpy", "moocore", "optuna"),
    "autosnn_ray.loop": LOOP,
    "autosnn_ray.progress": (*ALGORITHMS, "rich"),
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
    "autosnn_ray.data": (*DATA, "numpy", "torch", "sklearn", "scipy", "PIL", "tonic", "aedat", "h5py"),
    "autosnn_ray.problem": (*PROBLEM, "torch"),
    "autosnn_ray.evaluation": (*EVALUATION, "numpy", "torch"),
    "autosnn_ray.measures": (*MEASURES, "torch"),
    "autosnn_ray.training": (*TRAINING, "numpy", "torch", "safetensors"),
    "autosnn_ray.evaluators": (*EVALUATORS, "numpy", "torch"),
    "autosnn_ray.export": (*EXPORT, "numpy", "torch", "nir", "onnxscript", "onnxruntime"),
    "autosnn_ray.storage": (*STORAGE, "fsspec"),
    "autosnn_ray.cluster": (*CLUSTER, "torch", "ray"),
    "autosnn_ray.runs": (*RUNS, "torch", "analysis", "pandas", "optuna"),
    "autosnn_ray.recipes": CORE,
    "autosnn_ray.studies": (*STUDIES, "scipy"),
    "autosnn_ray.cli": (
        *STUDIES,
        "autosnn_ray.cli",
        "autosnn_ray.export",
        "analysis",
        "pandas",
        "rich",
        "jsonargparse",
        "tomli_w",
    ),
    "autosnn_ray.__main__": ("autosnn_ray.cli",),
    "autosnn_ray.testing": (*EVALUATORS, "autosnn_ray.testing", "search_spaces", "numpy", "torch"),
    "search_spaces": (*SPACE,),
    "analysis": (*ALGORITHMS, "analysis", "numpy", "pandas", "matplotlib", "moocore", "scipy"),
}
"""For each package, what its files may import besides the standard library, in any function of theirs too."""


def imports(path: Path, root: Path = ROOT) -> set[str]:
    """Returns the modules that a file imports: relative ones by their whole names, the toolkit's own by theirs."""
    package, found = path.relative_to(root).parent.parts, set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= len(package), f"{path}: line {node.lineno} imports from above the packages"
            base = package[: len(package) + 1 - node.level] if node.level else ()
            module = ".".join([*base, *filter(None, [node.module])])
            names = {alias.name for alias in node.names}
            if module == "autosnn_ray.own_packages":
                found |= names
            elif node.level and not node.module:
                found |= {f"{module}.{name}" for name in names}
            else:
                found.add(module)
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


def test_norse_is_imported_in_one_file_alone():
    """Which leaves pyplot and TensorBoard out: an import elsewhere, earlier, would bring them."""
    users = {path for path in FILES if any(is_under(module, "norse") for module in imports(path))}
    assert users == {ROOT / "autosnn_ray" / "spiking" / "norse.py"}


def test_the_rule_would_catch_an_arrow_upward(tmp_path):
    path = tmp_path / "space.py"
    path.write_text("def f():\n    import torch.nn\n")
    assert imports(path, tmp_path) == {"torch.nn"}
    assert not any(is_under("torch.nn", allowed) for allowed in ALLOWED["autosnn_ray.space"])


def test_relative_imports_and_own_packages_are_seen_through(tmp_path):
    path = tmp_path / "analysis" / "plots" / "pareto.py"
    path.parent.mkdir(parents=True)
    path.write_text(
        "from ..frames import read\nfrom . import style\nfrom .style import MUTED\n"
        "from autosnn_ray.own_packages import search_spaces\n"
    )
    assert imports(path, tmp_path) == {"analysis.frames", "analysis.plots.style", "search_spaces"}
    path.write_text("from ....autosnn_ray import training\n")
    with pytest.raises(AssertionError, match="line 1 imports from above the packages"):
        imports(path, tmp_path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_users_own_analysis_is_never_taken_for_ours(path):
    """``import analysis`` finds what lies beside the user's script; ``own_packages`` finds the toolkit's."""
    own = {"analysis", "search_spaces"}
    if layer_of(path) == "autosnn_ray.own_packages":
        return
    for node in ast.walk(runs(ast.parse(path.read_text(encoding="utf-8")))):
        if isinstance(node, ast.Import):
            assert not own & {alias.name.split(".")[0] for alias in node.names}, f"line {node.lineno}"
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert (node.module or "").split(".")[0] not in own, f"line {node.lineno}"


def runs(tree: ast.Module) -> ast.Module:
    """Leaves out what only a type checker reads."""
    read = [
        node
        for node in tree.body
        if not (isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING")
    ]
    return ast.Module(read, [])


def name_of(path: Path, root: Path = ROOT) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def at_once(tree: ast.AST) -> list[ast.Import | ast.ImportFrom]:
    """Returns what is imported when a module is: neither in its functions nor for a type checker alone."""
    found = []
    for node in ast.iter_child_nodes(runs(tree) if isinstance(tree, ast.Module) else tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.append(node)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            found += at_once(node)
    return found


def order_of(files: list[Path], root: Path = ROOT) -> list[str]:
    """Returns modules in an order in which each can be imported after those that it imports.

    Raises:
        CycleError: There is none.
    """
    known = {name_of(path, root): path for path in files}
    needs: dict[str, set[str]] = {name: set() for name in known}
    for name, path in known.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for node in at_once(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                needs[name] |= {alias.name for alias in node.names} & set(known)
                continue
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:  # a module of a package, or a name in it
                whole = f"{module}.{alias.name}"
                needs[name] |= {whole if whole in known else module} & set(known)
    return list(graphlib.TopologicalSorter(needs).static_order())


def test_no_modules_import_each_other_in_a_circle():
    """Of the rooms' order the arrows take care; within a room, and of a package and its modules, this does."""
    order = order_of(FILES)
    assert len(order) == len(FILES)
    assert order.index("autosnn_ray.space.space") > order.index("autosnn_ray.space.schema")


def test_a_circle_would_be_caught(tmp_path):
    room = tmp_path / "room"
    room.mkdir()
    files = [room / "__init__.py", room / "a.py", room / "b.py"]
    for is_circle, texts in [
        (False, ["", "x = 1", "from room.a import x"]),
        (True, ["", "if True:\n    from .b import y", "from room.a import x"]),
        (True, ["from room import a", "import room", ""]),
        (False, ["", "def f():\n    from room.b import y", "from room import a"]),
        (False, ["", "if TYPE_CHECKING:\n    from room import b", "import room.a"]),
    ]:
        for file, text in zip(files, texts, strict=True):
            file.write_text(text)
        if is_circle:
            with pytest.raises(graphlib.CycleError):
                order_of(files, tmp_path)
        else:
            assert set(order_of(files, tmp_path)) == {"room", "room.a", "room.b"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250, "split by meaning"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert length <= 50, f"{node.name} has {length} lines"
