"""Entry point: parses, dispatches, and turns errors into one clear line."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import tomli_w
from jsonargparse import ArgumentParser, Namespace, set_dumper

from autosnn_ray.allocator import keep_freed_memory
from autosnn_ray.errors import AutoSNNError, AutoSNNWarning, SearchInterruptedError

EXIT_ERROR, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130


@dataclass(frozen=True)
class Command:
    """A command of the program.

    Attributes:
        module: Module with ``add_arguments(parser)`` and ``run(options)``; it imports torch, ray and pandas
            only when run.
        summary: One line for the list of commands.
    """

    module: str
    summary: str


COMMANDS: dict[str, Command] = {
    "quickstart": Command(
        "autosnn_ray.cli.quickstart", "the whole job on real digits, in minutes: train, search, report"
    ),
    "train": Command("autosnn_ray.cli.train", "train a supernet: one network that holds every architecture of a space"),
    "search": Command("autosnn_ray.cli.search", "search a supernet for accurate architectures that spike little"),
    "resume": Command("autosnn_ray.cli.resume", "go on with a search that was cut off, or extend one"),
    "show": Command("autosnn_ray.cli.show", "show a run: the best, the front, pictures, a table of all candidates"),
    "enumerate": Command("autosnn_ray.cli.enumerate", "evaluate every architecture of the space: the true front"),
    "rank": Command("autosnn_ray.cli.rank", "measure what a ranking is worth: hold it against networks trained alone"),
    "final": Command("autosnn_ray.cli.final", "train the best of a search alone, by halving, and declare a winner"),
    "retrain": Command(
        "autosnn_ray.cli.retrain", "train chosen architectures alone, several seeds, and report on test samples once"
    ),
    "reproduce": Command(
        "autosnn_ray.cli.reproduce", "repeat an experiment of the paper, or a share of it: our numbers beside its own"
    ),
    "inspect": Command("autosnn_ray.cli.inspect", "look into a network: cost, firing and energy layer by layer"),
    "export": Command("autosnn_ray.cli.export", "export a network: NIR for simulators and hardware, a PyTorch program"),
    "spaces": Command("autosnn_ray.cli.spaces", "list the search spaces, or describe one"),
    "datasets": Command("autosnn_ray.cli.datasets", "list the data sets"),
}
"""Every command by name."""


def _dump_toml(options: dict[str, Any]) -> str:
    """Returns options as TOML, which has no null: what is not given is left out, and so stays at its default."""
    return tomli_w.dumps({name: value for name, value in options.items() if value is not None})


set_dumper("toml", _dump_toml)


def build_parser(mode: str = "yaml") -> ArgumentParser:
    """Builds the parser of all commands.

    Args:
        mode: Format of configuration files that are read and printed: yaml or toml.
    """
    parser = ArgumentParser(
        prog="autosnn-ray",
        description="Find spiking networks that are accurate and spike little. New here? autosnn-ray quickstart",
        exit_on_error=False,
        parser_mode=mode,
        print_config=None,
    )
    commands = parser.add_subcommands(dest="command")
    for name, command in COMMANDS.items():
        module = importlib.import_module(command.module)
        own = ArgumentParser(
            description=module.__doc__, exit_on_error=False, parser_mode=mode, print_config="--print-config"
        )
        module.add_arguments(own)
        own.add_argument("--config", action="config", help="YAML or TOML file with any of these options")
        own.add_argument("--debug", action="store_true", help="show the traceback of an error")
        commands.add_subcommand(name, own, help=command.summary)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program.

    Args:
        arguments: The command line without the program's name; ``sys.argv`` where None.

    Returns:
        Exit status: 0, 1 for an error, 2 for a wrong command line, 130 when interrupted.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _parse(given)
    except argparse.ArgumentError as error:
        return _fail(" ".join(str(error).split()), EXIT_USAGE, hint=_help_hint(given))
    except AutoSNNError as error:
        return _fail(str(error), EXIT_USAGE)
    return _run(str(options.command), options[str(options.command)])


def _parse(arguments: list[str]) -> Namespace:
    if not arguments:
        arguments = ["--help"]
    files = _config_files(arguments)
    for file in files:
        if not Path(file).is_file():
            raise AutoSNNError(f"--config {file}: no such file")
    suffixes = {Path(file).suffix for file in files}
    return build_parser("toml" if ".toml" in suffixes else "yaml").parse_args(arguments)


def _config_files(arguments: list[str]) -> list[str]:
    after = [value for name, value in pairwise(arguments) if name == "--config"]
    return after + [value.removeprefix("--config=") for value in arguments if value.startswith("--config=")]


def _help_hint(arguments: list[str]) -> str:
    command = f" {arguments[0]}" if arguments and arguments[0] in COMMANDS else ""
    return f"autosnn-ray{command} --help"


def _run(command: str, options: Namespace) -> int:
    module = importlib.import_module(COMMANDS[command].module)
    keep_freed_memory()
    with warnings.catch_warnings():
        if not options.debug:
            warnings.showwarning = _show_warning
            warnings.simplefilter("ignore")
        warnings.simplefilter("always", AutoSNNWarning)
        try:
            module.run(options)
        except SearchInterruptedError as error:
            return _fail(str(error), EXIT_INTERRUPTED)
        except AutoSNNError as error:
            if options.debug:
                raise
            return _fail(str(error), EXIT_ERROR)
        except KeyboardInterrupt:
            return _fail(f"interrupted. {module.AFTER_INTERRUPT}", EXIT_INTERRUPTED)
        except BrokenPipeError:
            # The reader of our output went away (`| head`): nothing to say, and nobody to say it to.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except Exception as error:
            if options.debug:
                raise
            return _fail(f"{type(error).__name__}: {error}", EXIT_ERROR, hint="the same command with --debug")
    return 0


def _show_warning(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    if issubclass(category, AutoSNNWarning):
        print(f"autosnn-ray: warning: {message}", file=sys.stderr)


def _fail(text: str, status: int, hint: str = "") -> int:
    print(f"autosnn-ray: error: {text}{f' (see {hint})' if hint else ''}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
