"""Options that say where candidates are evaluated, declared once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.options import amount, group
from autosnn_ray.errors import InvalidInputError

if TYPE_CHECKING:
    from autosnn_ray.cluster.executor import Ray
    from autosnn_ray.runs.executors import Executor


URL_TOO = (
    "folder below which RUN is, that outlives the machine, such as a network file system; or a URL (s3://bucket/runs): "
    "RUN is here, and is copied there every few seconds"
)
"""What ``--storage`` is to commands that work on one search."""


def add_executor_options(
    parser: ArgumentParser, storage: str = "folder below which all is, such as a network file system"
) -> None:
    """Adds the options that say where candidates are evaluated.

    Args:
        parser: Where to.
        storage: What is said of ``--storage``.
    """
    shown = group(parser, "where candidates are evaluated")
    shown.add_argument(
        "--executor",
        type=str | None,
        default=None,
        help="ray: side by side, on Ray; local: in this process, one after the other (default: ray, or as before)",
    )
    shown.add_argument(
        "--address",
        type=str | None,
        default=None,
        help="a Ray cluster's address; without it Ray is started here",
    )
    shown.add_argument("--num-cpus", type=int | None, default=None, help="CPUs of the Ray started here (default: all)")
    shown.add_argument(
        "--concurrent",
        type=int | None,
        default=None,
        help="candidates side by side (default: as many as there is room for at the start)",
    )
    shown.add_argument(
        "--cpus-per-candidate", type=amount, default=None, help="CPUs and threads for one candidate (default: 1)"
    )
    shown.add_argument(
        "--gpus-per-candidate",
        type=amount,
        default=None,
        help="GPUs for one candidate; with 0.25 four share one (default: none)",
    )
    shown.add_argument(
        "--seconds-per-candidate",
        type=amount,
        default=None,
        help="an evaluation that takes longer is ended, and its candidate counts as failed (default: no limit)",
    )
    shown.add_argument(
        "--storage",
        type=str | None,
        default=None,
        help=storage,
    )
    shown.add_argument(
        "--runtime-env",
        type=str | None,
        default=None,
        help="Ray's runtime environment of the evaluating processes (env_vars, pip …): JSON, or a file of it",
    )
    _add_asha_options(shown)


def _add_asha_options(shown: Any) -> None:
    shown.add_argument(
        "--asha",
        type=amount,
        default=None,
        help="cuts trainings short, where candidates are trained: after 1, ASHA, ASHA² … epochs one of ASHA (such as "
        "3) goes on; who is cut depends on who has come as far, so a seed does not repeat the search (default: none)",
    )
    shown.add_argument(
        "--asha-grace", type=int | None, default=None, help="epochs that every training gets with --asha (default: 1)"
    )


def chosen_executor(options: Namespace, before: dict[str, Any] | None = None) -> Executor:
    """Returns the executor that the options of ``add_executor_options`` give.

    Args:
        options: The options.
        before: What a run was started with, for what is not given.

    Raises:
        InvalidInputError: A value that it refuses, or options of Ray for an executor that is not.
    """
    from autosnn_ray.errors import unknown_name
    from autosnn_ray.runs.executors import Local

    given = _ray_settings(options)
    before = dict(before or {})
    name = options.executor or ("ray" if given else before.get("name", "ray"))
    if name == "local":
        if given:
            raise InvalidInputError(
                f"--executor local: evaluates in this process; {', '.join(sorted(given))} belong to --executor ray"
            )
        known = {key: value for key, value in before.items() if key in ("threads", "device")}
        return Local(**known) if before.get("name") == "local" else Local()
    if name != "ray":
        raise unknown_name("executor", name, ("ray", "local"))
    kept = {key: value for key, value in before.items() if key in ("cpus", "gpus", "seconds", "asha")}
    return _ray(**{**(kept if before.get("name") == "ray" else {}), **given})


def _ray(**settings: Any) -> Ray:
    from autosnn_ray.cluster.executor import Ray

    try:
        return Ray(**settings)
    except InvalidInputError as error:
        name, _, said = str(error).partition(":")
        options = {setting: f"--{option.replace('_', '-')}" for option, setting in _RAY_SETTINGS.items()}
        raise InvalidInputError(f"{options.get(name, name)}:{said}") from error


_RAY_SETTINGS = {
    "address": "address",
    "num_cpus": "num_cpus",
    "concurrent": "concurrent",
    "cpus_per_candidate": "cpus",
    "gpus_per_candidate": "gpus",
    "seconds_per_candidate": "seconds",
    "runtime_env": "runtime_env",
    "asha": "asha",
}
"""Settings of ``Ray`` by the options that give them."""


def _ray_settings(options: Namespace) -> dict[str, Any]:
    given = {name: options[option] for option, name in _RAY_SETTINGS.items() if options[option] is not None}
    if "runtime_env" in given:
        given["runtime_env"] = _read_json("--runtime-env", given["runtime_env"])
    if "asha" in given:
        given["asha"] = {"factor": given["asha"], "grace": options.asha_grace or 1}
    elif options.asha_grace is not None:
        raise InvalidInputError("--asha-grace: belongs to --asha, which is not given")
    return given


def _read_json(option: str, given: str) -> dict[str, Any]:
    """Reads an object from JSON, or from a file that holds it."""
    try:
        text = given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8")
        content = json.loads(text)
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"{option}: expected JSON, or a file of it, got {given!r}: {error}") from error
    if not isinstance(content, dict):
        raise InvalidInputError(f"{option}: expected an object in JSON, got {type(content).__name__}")
    return content
