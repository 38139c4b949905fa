"""Entry point: parses, dispatches, and turns errors into one clear line."""

from __future__ import annotations

import argparse
import importlib
import os
import shlex
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w
from jsonargparse import ArgumentParser, Namespace, set_dumper

from autosnn_ray.allocator import keep_freed_memory
from autosnn_ray.cli.config_files import config_files, typed_after_files
from autosnn_ray.cli.former import in_todays_words
from autosnn_ray.cli.help import HelpFormatter, usage_of
from autosnn_ray.cli.imports import add_import_option, refuse_from_file, take_imports
from autosnn_ray.cli.mistakes import in_one_line
from autosnn_ray.errors import AutoSNNError, AutoSNNWarning, SearchInterruptedError, unknown_name
from autosnn_ray.plugins import load_plugins
from autosnn_ray.versions import versions

EXIT_ERROR, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130


@dataclass(frozen=True)
class Command:
    """A command of the program.

    Attributes:
        module: Module with ``add_arguments(parser)``, ``run(options)``, an ``EXAMPLE`` and what is said
            ``AFTER_INTERRUPT``; it imports torch, ray and pandas only when run.
        summary: One line for the list of commands.
        lists_plugins: Whether its options are made of what is registered.
    """

    module: str
    summary: str
    lists_plugins: bool = False


COMMANDS: dict[str, Command] = {
    "quickstart": Command("autosnn_ray.cli.quickstart", "the whole job on real digits, in minutes"),
    "train": Command("autosnn_ray.cli.train", "train a supernet: one network that holds every architecture of a space"),
    "search": Command(
        "autosnn_ray.cli.search", "search for accurate architectures that spike little", lists_plugins=True
    ),
    "resume": Command("autosnn_ray.cli.resume", "go on with a search that was cut off, or extend one"),
    "show": Command("autosnn_ray.cli.show", "show a run: the best, the front, pictures, a table of all candidates"),
    "sweep": Command("autosnn_ray.cli.sweep", "search once for each price of a spike, and put the finds side by side"),
    "enumerate": Command(
        "autosnn_ray.cli.enumerate", "evaluate every architecture of the space: the true front", lists_plugins=True
    ),
    "fidelity": Command(
        "autosnn_ray.cli.fidelity", "measure what a ranking is worth: hold it against networks trained from scratch"
    ),
    "halving": Command(
        "autosnn_ray.cli.halving", "train the best of a search from scratch, fewer and fewer, and declare a winner"
    ),
    "retrain": Command(
        "autosnn_ray.cli.retrain", "train chosen architectures, several seeds, and report on test samples once"
    ),
    "transfer": Command(
        "autosnn_ray.cli.transfer", "train the best of a search on other data, or at another width, from scratch"
    ),
    "reproduce": Command(
        "autosnn_ray.cli.reproduce", "repeat an experiment of the paper, or a share of it: our numbers beside its own"
    ),
    "race": Command("autosnn_ray.cli.race", "race search algorithms on a space that was evaluated whole, in seconds"),
    "inspect": Command("autosnn_ray.cli.inspect", "look into a network: cost, firing and energy layer by layer"),
    "export": Command(
        "autosnn_ray.cli.export", "export a network (NIR, PyTorch, ONNX), or a run as a study of Optuna's"
    ),
    "spaces": Command("autosnn_ray.cli.spaces", "list the search spaces, or describe one"),
    "datasets": Command("autosnn_ray.cli.datasets", "list the data sets, or check one and say what it holds"),
}
"""Every command by name."""


def _dump_toml(options: dict[str, Any]) -> str:
    """Returns options as TOML, which has no null: what is not given is left out, and so stays at its default."""
    return tomli_w.dumps(_without_null(options))


def _without_null(values: dict[str, Any]) -> dict[str, Any]:
    plain = {name: _without_null(value) if isinstance(value, dict) else value for name, value in values.items()}
    return {name: value for name, value in plain.items() if value is not None}


set_dumper("toml", _dump_toml)


def build_parser(mode: str = "yaml") -> ArgumentParser:
    """Builds the parser of all commands.

    Args:
        mode: Format of configuration files that are read and printed: yaml or toml.
    """
    parser = ArgumentParser(
        prog="autosnn-ray",
        usage="autosnn-ray COMMAND [options]",
        description="Find spiking networks that are accurate and spike little. New here? autosnn-ray quickstart",
        epilog="autosnn-ray COMMAND --help says more of each, with an example",
        exit_on_error=False,
        parser_mode=mode,
        print_config=None,
        formatter_class=HelpFormatter,
    )
    version = f"autosnn-ray {versions()['autosnn-ray']}"
    parser.add_argument("--version", action="version", version=version, help="print the version and leave")
    commands = parser.add_subcommands(dest="command", title="commands", description=None, metavar="COMMAND")
    for name, command in COMMANDS.items():
        commands.add_subcommand(name, _command_parser(name, mode), help=command.summary)
    return parser


def _command_parser(name: str, mode: str = "yaml") -> ArgumentParser:
    module = importlib.import_module(COMMANDS[name].module)
    parser = ArgumentParser(
        prog=f"autosnn-ray {name}",
        description=module.__doc__,
        epilog=f"example:\n  {module.EXAMPLE}",
        exit_on_error=False,
        parser_mode=mode,
        print_config="--print-config",
        formatter_class=HelpFormatter,
    )
    module.add_arguments(parser)
    parser.add_argument("--config", action="config", help="YAML or TOML file with any of these options")
    add_import_option(parser)
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.usage = usage_of(name, (action for action in parser._actions if not action.option_strings))
    for action in parser._actions:
        if action.option_strings == ["--print-config"]:
            action.help = "print the options as such a file, and leave"
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program.

    Args:
        arguments: The command line without the program's name; ``sys.argv`` where None.

    Returns:
        Exit status: 0, 1 for an error, 2 for a wrong command line, 130 when interrupted.
    """
    with warnings.catch_warnings():
        if "--debug" not in (given := list(sys.argv[1:] if arguments is None else arguments)):
            warnings.showwarning = _show_warning
        return _main(given)


def _main(given: list[str]) -> int:
    try:
        given = take_imports(given)
        if given and given[0] in COMMANDS and COMMANDS[given[0]].lists_plugins:
            load_plugins()
        given = in_todays_words(given, _list_options)
        options = _parse(given)
        refuse_from_file(options[str(options.command)])
    except argparse.ArgumentError as error:
        return _fail(_in_one_line(str(error), given), EXIT_USAGE, hint=_help_hint(given))
    except AutoSNNError as error:
        return _fail(str(error), EXIT_USAGE)
    return _run(str(options.command), options[str(options.command)])


def _in_one_line(message: str, given: list[str]) -> str:
    if "parsing config" in message:
        return f"--config {', '.join(config_files(given))}: {' '.join(message.split())}"
    if given and given[0] not in COMMANDS and not given[0].startswith("-"):
        return str(unknown_name("command", given[0], COMMANDS))
    return in_one_line(message, _command_parser(given[0]) if given[0] in COMMANDS else None)


def _list_options(command: str) -> set[str]:
    if command not in COMMANDS:
        return set()
    named = [name for action in _command_parser(command)._actions for name in action.option_strings]
    return {name.removesuffix("+") for name in named if name.endswith("+")}


def _parse(arguments: list[str]) -> Namespace:
    if not arguments:
        arguments = ["--help"]
    files = config_files(arguments)
    for file in files:
        if not Path(file).is_file():
            raise AutoSNNError(f"--config {file}: no such file")
    if arguments[0] in COMMANDS:
        arguments = typed_after_files(arguments)
    suffixes = {Path(file).suffix for file in files}
    return build_parser("toml" if ".toml" in suffixes else "yaml").parse_args(arguments)


def _help_hint(arguments: list[str]) -> str:
    command = f" {arguments[0]}" if arguments and arguments[0] in COMMANDS else ""
    return f"autosnn-ray{command} --help"


def _run(command: str, options: Namespace) -> int:
    module = importlib.import_module(COMMANDS[command].module)
    keep_freed_memory()
    with warnings.catch_warnings():
        if not options.debug:
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
            again = module.AFTER_INTERRUPT.format(run=shlex.quote(str(options.get("run"))))
            return _fail(f"interrupted. {again}", EXIT_INTERRUPTED)
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
