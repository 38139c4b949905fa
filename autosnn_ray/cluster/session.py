"""A Ray that is started, or joined, for the while of a search."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import ray
from ray.exceptions import AuthenticationError, RayError
from ray.runtime_env import RuntimeEnv

from autosnn_ray.cluster.private import (
    ENABLE_CLUSTER_VARIABLE,
    TUNES_VARIABLES,
    on_loopback,
    while_it_starts,
    without_monitors,
)
from autosnn_ray.errors import AutoSNNError, InvalidInputError

_OBJECT_STORE_BYTES = 300 * 2**20
_CONNECT_SECONDS = 10.0

_QUIET = {
    # Tune's csv, json and tensorboard files: the journal holds all of it, and they cost half the time.
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    # Tune's own snapshot is never restored from; write it as seldom as can be.
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",
    # Tune warns that a generation's barrier leaves it without a new trial for a while.
    "TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S": "86400",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    # The older output is the one that can be silenced wholly; the progress bar is ours.
    "RAY_AIR_NEW_OUTPUT": "0",
}


def _nothing() -> None:
    """Is done where nothing else is to be."""


@contextmanager
def ray_session(
    address: str | None = None,
    num_cpus: int | None = None,
    *,
    runtime_env: Mapping[str, Any] | None = None,
    shared_bytes: int = 0,
    meanwhile: Callable[[], object] = _nothing,
) -> Iterator[int]:
    """Starts Ray on this machine, or joins a cluster, and leaves things as they were at the end.

    Args:
        address: A cluster's address; None starts Ray here, on the loopback address, without dashboard.
        num_cpus: CPUs of the Ray that is started; all where None.
        runtime_env: Ray's runtime environment for the actors: ``working_dir``, ``env_vars``, ``pip`` …
        shared_bytes: What will be put into the object store; the Ray that is started gets room for it.
        meanwhile: What is done while Ray's own processes start, such as imports.

    Yields:
        How many CPUs the cluster has.

    Raises:
        InvalidInputError: ``num_cpus`` with a cluster that is already there, or less than 1; an address of a kind
            that cannot be joined; a runtime environment that Ray refuses, or that comes too late.
        AutoSNNError: The cluster cannot be reached.
    """
    if num_cpus is not None and num_cpus < 1:
        raise InvalidInputError(f"num_cpus: expected at least 1, got {num_cpus}")
    with environment(_QUIET):
        if ray.is_initialized():
            if runtime_env:
                raise InvalidInputError("runtime_env: Ray is already running in this process; give it to ray.init")
            yield _cpus()
            return
        checked = _checked(runtime_env)
        if address is None:
            _start_here(num_cpus or len(os.sched_getaffinity(0)), checked, shared_bytes, meanwhile)
        else:
            _join(address, num_cpus, checked)
        try:
            yield _cpus()
        finally:
            ray.shutdown()


def _start_here(
    num_cpus: int, runtime_env: dict[str, Any] | None, shared_bytes: int, meanwhile: Callable[[], object]
) -> None:
    variables = {ENABLE_CLUSTER_VARIABLE: "0", **TUNES_VARIABLES}
    with on_loopback() as only_here, without_monitors(), while_it_starts(meanwhile), environment(variables):
        ray.init(
            address="local",
            num_cpus=num_cpus,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            object_store_memory=_OBJECT_STORE_BYTES + 2 * shared_bytes,
            runtime_env=runtime_env,
            **only_here,
        )


def _checked(runtime_env: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not runtime_env:
        return None
    try:
        return dict(RuntimeEnv(**runtime_env))
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"runtime_env: Ray does not take it: {error}") from error


def _join(address: str, num_cpus: int | None, runtime_env: dict[str, Any] | None) -> None:
    if num_cpus is not None:
        raise InvalidInputError(f"num_cpus: the cluster at {address} already has its CPUs; leave it out")
    if address.startswith("ray://"):
        raise InvalidInputError(
            f"address {address!r}: expected HOST:PORT of the head node or 'auto', got an address of Ray Client, "
            "through which Tune would run apart from the journal. Start the search on a node of the cluster: "
            "`ray job submit -- autosnn-ray search …`"
        )
    _refuse_silent(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, runtime_env=runtime_env)
    except (ConnectionError, ValueError, RuntimeError, RayError) as error:
        if _is_about_tokens(error):
            raise AutoSNNError(
                f"address {address!r}: the cluster asks for a token, and got none or a wrong one. Set "
                "RAY_AUTH_MODE=token here, and have the token of the head node (`ray get-auth-token` there) in "
                "~/.ray/auth_token or in RAY_AUTH_TOKEN"
            ) from error
        raise AutoSNNError(f"address {address!r}: no Ray cluster can be reached there: {error}") from error


def _is_about_tokens(error: BaseException | None) -> bool:
    """Looks through an error's causes: Ray wraps this one, as text, in one about a lost connection."""
    while error is not None:
        if isinstance(error, AuthenticationError) or "AuthenticationError" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _refuse_silent(address: str) -> None:
    """Looks whether anything listens at ``host:port``: Ray itself would try for minutes before it says so."""
    host, _, port = address.rpartition(":")
    if not (host and port.isdigit()):
        return
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise AutoSNNError(
            f"address {address!r}: no Ray cluster can be reached there: {error}; `ray status --address {address}` "
            "on the head node says whether one is running"
        ) from error


def _cpus() -> int:
    return int(ray.cluster_resources().get("CPU", 1))


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Sets environment variables for the while of the block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
