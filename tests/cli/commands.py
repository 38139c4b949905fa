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


MODULE = (sys.executable, "-m", "autosnn_ray.cli.main")


def refused(capsys, *arguments: object) -> str:
    """Runs a command that must fail; returns the one line that says why."""
    assert main([str(argument) for argument in arguments]) != 0
    (line,) = capsys.readouterr().err.strip().splitlines()
    return line


def run(folder: Path, *arguments: object, program: tuple[object, ...] = MODULE, status: int = 0) -> str:
    """Runs a command in a process of its own; returns what it printed, or what it said where it must not succeed."""
    result = subprocess.run(
        [*map(str, program), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=400,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert result.returncode == status, result.stderr
    return result.stderr if status else result.stdout
