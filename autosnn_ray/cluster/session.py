"""A Ray that is started, or joined, for the while of a search."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import ray

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


@contextmanager
def ray_session(address: str | None = None, num_cpus: int | None = None) -> Iterator[int]:
    """Starts Ray on this machine, or joins a cluster, and leaves things as they were at the end.

    Args:
        address: A cluster's address; None starts Ray here, on the loopback address, without dashboard.
        num_cpus: CPUs of the Ray that is started; all where None.

    Yields:
        How many CPUs the cluster has.

    Raises:
        InvalidInputError: ``num_cpus`` with a cluster that is already there, or less than 1.
        AutoSNNError: The cluster cannot be reached.
    """
    if num_cpus is not None and num_cpus < 1:
        raise InvalidInputError(f"num_cpus: expected at least 1, got {num_cpus}")
    with _environment(_QUIET):
        if ray.is_initialized():
            yield _cpus()
            return
        if address is None:
            ray.init(
                address="local",
                num_cpus=num_cpus or len(os.sched_getaffinity(0)),
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
                object_store_memory=_OBJECT_STORE_BYTES,
                _node_ip_address="127.0.0.1",
            )
        else:
            _join(address, num_cpus)
        try:
            yield _cpus()
        finally:
            ray.shutdown()


def _join(address: str, num_cpus: int | None) -> None:
    if num_cpus is not None:
        raise InvalidInputError(f"num_cpus: the cluster at {address} already has its CPUs; leave it out")
    _refuse_silent(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise AutoSNNError(f"address {address!r}: no Ray cluster can be reached there: {error}") from error


def _refuse_silent(address: str) -> None:
    """Looks whether anything listens at ``host:port``: Ray itself would try for minutes before it says so."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
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
def _environment(values: Mapping[str, str]) -> Iterator[None]:
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
