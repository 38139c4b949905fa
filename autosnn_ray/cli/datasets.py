"""List the data sets."""

from __future__ import annotations

from jsonargparse import ArgumentParser, Namespace

AFTER_INTERRUPT = "Nothing was changed."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares no options."""


def run(options: Namespace) -> None:
    """Prints the data sets."""
    from autosnn_ray.cli.console import console, print_rows
    from autosnn_ray.data import DATASETS

    print_rows(["data set", "what it is"], [[name, entry.summary] for name, entry in DATASETS.items()])
    console.print(
        "of your own: a .npz file with x and y, a folder of images with a folder for each class, Dataset.from_arrays"
    )
