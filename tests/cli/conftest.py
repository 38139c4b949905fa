"""What several suites of commands share."""

from __future__ import annotations

import pytest


@pytest.fixture
def free(tiny_space_file):
    """What is searched without a supernet, in this process: a tiny space, few samples."""
    return ("--space", tiny_space_file, "--data", "digits", "--timesteps", 2, "--train-samples", 96,
            "--validation-samples", 60, "--executor", "local")  # fmt: skip
