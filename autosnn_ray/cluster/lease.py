"""The lease of a run behind a URL: a note of who is at work there, since an object store has no lock."""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
from pathlib import Path
from typing import Any

from autosnn_ray.cluster.remote import Remote
from autosnn_ray.errors import AutoSNNError, RunExistsError

LEASE_FILE = "driver.json"
LEASE_SECONDS = 60.0
"""How long a driver that no longer renews its lease keeps another one out."""

_RENEW_SECONDS = 15.0
_UNREADABLE: dict[str, Any] = {}


class LeaseLostError(AutoSNNError):
    """Another driver has taken over."""


class Lease:
    """A driver's claim on a run; taken when it is made.

    Args:
        remote: The run's folder behind the URL.

    Raises:
        RunExistsError: Another driver holds it.
        StorageError: The storage cannot be reached.
    """

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._me: dict[str, Any] = {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "kernel": _kernel(),
            "id": secrets.token_hex(8),
        }
        holder = _read(remote)
        if holder == _UNREADABLE:
            # Perhaps read while its holder wrote it.
            time.sleep(1)
            holder = _read(remote)
        self._refuse(holder)
        self._write()

    def keep(self) -> None:
        """Sees to it that the lease is still this driver's, and renews it where it is time.

        Raises:
            LeaseLostError: It is not.
            StorageError: The storage cannot be reached.
        """
        holder = _read(self._remote)
        if holder is None or holder.get("id") != self._me["id"]:
            who = "was removed" if holder is None else f"is now that of {_named(holder)}"
            raise LeaseLostError(
                f"{self._remote.name}: this search's lease ({LEASE_FILE}) {who}: another driver has taken the run "
                "over, and this one stops. What it has found is in its own folder, and is not copied there"
            )
        if time.monotonic() - self._renewed > _RENEW_SECONDS:
            self._write()

    def release(self) -> None:
        """Gives the lease back, if it is still this driver's."""
        holder = _read(self._remote)
        if holder is not None and holder.get("id") == self._me["id"]:
            self._remote.remove(LEASE_FILE)

    def _write(self) -> None:
        self._remote.write(LEASE_FILE, json.dumps({**self._me, "time": round(time.time(), 3)}).encode())
        self._renewed = time.monotonic()

    def _refuse(self, holder: dict[str, Any] | None) -> None:
        if holder is None or self._is_dead(holder):
            return
        at = holder.get("time")
        age = time.time() - at if isinstance(at, float) else LEASE_SECONDS
        if age < LEASE_SECONDS:
            raise RunExistsError(
                f"{self._remote.name}: {_named(holder)} is at work in this run; wait for it, or stop it first. If it "
                f"has died, its lease ends in {LEASE_SECONDS - age:.0f} seconds (or remove {LEASE_FILE} there)"
            )

    def _is_dead(self, holder: dict[str, Any]) -> bool:
        """Says whether the holder was a process of this very machine that is no more: nobody need wait for it."""
        pid = holder.get("pid")
        if holder.get("kernel") != self._me["kernel"] or not isinstance(pid, int) or pid <= 0:
            return False
        return not Path(f"/proc/{pid}").exists()


def _read(remote: Remote) -> dict[str, Any] | None:
    content = remote.read(LEASE_FILE)
    if content is None:
        return None
    try:
        holder = json.loads(content)
    except ValueError:
        # Half-written, as a killed process leaves it on a file system: somebody's, and of no known age.
        return _UNREADABLE
    return holder if isinstance(holder, dict) else _UNREADABLE


def _named(holder: dict[str, Any]) -> str:
    return f"process {holder.get('pid', '?')} on {holder.get('host', '?')}"


def _kernel() -> str:
    """Names the kernel's life and the process namespace within which a process number means one process."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return secrets.token_hex(8)
