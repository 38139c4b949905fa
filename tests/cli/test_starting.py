"""What a command must not import: each of these takes half a second of a core or more."""

import subprocess
import sys

SEARCH = """
import sys
from autosnn_ray.cli.main import main
arguments = ["search", sys.argv[1], "--space", "digits_16", "--data", "digits", "--evaluator", "training_free"]
assert main([*arguments, "--candidates", "2", "--executor", "local"]) == 0
found = {"ray", "sklearn", "scipy.stats", "matplotlib", "tensorboard", "h5py"} & set(sys.modules)
assert not found, found
"""


def test_a_search_in_this_process_imports_what_it_uses_and_no_more(tmp_path):
    """Neither Ray, nor what draws, tests hypotheses, or splits groups; data, search and results in one."""
    subprocess.run([sys.executable, "-c", SEARCH, str(tmp_path / "run")], check=True)


def test_the_package_itself_is_the_command_line():
    run = subprocess.run([sys.executable, "-m", "autosnn_ray", "spaces"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "digits_16" in run.stdout
    wrong = subprocess.run([sys.executable, "-m", "autosnn_ray", "spices"], capture_output=True, check=False)
    assert wrong.returncode == 2
