"""Commands run as a user runs them: in this process, or in one of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from autosnn_ray.cli.main import main


def ok(capsys, *arguments: object) -> str:
    """Runs a command that must succeed; returns what it printed."""
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert status == 0, captured.err
    return captured.out


def run(folder: Path, *arguments: object) -> str:
    """Runs a command that must succeed in a process of its own; returns what it printed."""
    result = subprocess.run(
        [sys.executable, "-m", "autosnn_ray.cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=400,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout
