"""Real Ray nodes: `ray start` as separate processes, on free ports and in a folder of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import ray._private.services

from tests.cluster.hosts import Hosts

RAY = str(Path(sys.executable).with_name("ray"))


class Cluster:
    """A head node, and workers that may join and be killed.

    Args:
        folder: Where Ray keeps its sockets and logs.
        hosts: Hosts of their own to start nodes on, the head on the first; this machine where None.
    """

    def __init__(self, folder: str, hosts: Hosts | None = None) -> None:
        self._folder, self._hosts = folder, hosts
        host = ray._private.services.get_node_ip_address() if hosts is None else next(iter(hosts.addresses.values()))
        self.address = f"{host}:{_free_port()}"
        self._nodes: list[subprocess.Popen] = []

    def start_head(self, *options: str, environment: dict[str, str] | None = None) -> None:
        host, _, port = self.address.rpartition(":")
        name = None if self._hosts is None else next(iter(self._hosts.addresses))
        head = self._start(
            name, "--head", f"--port={port}", f"--temp-dir={self._folder}", "--include-dashboard=false", *options,
            environment=environment,
        )  # fmt: skip
        code = f"import socket; socket.create_connection(({host!r}, {port}), timeout=1)"
        self._wait(
            head,
            lambda: (
                self._sockets()
                and subprocess.run([*self._at(name), sys.executable, "-c", code], capture_output=True).returncode == 0
            ),
        )

    def start_worker(self, *options: str, host: str | None = None) -> subprocess.Popen:
        """Starts a node, and waits until it is there: of two that start at once in one folder, one is lost."""
        before = self._sockets()
        node = self._start(host, f"--address={self.address}", *options)
        self._wait(node, lambda: self._sockets() - before)
        return node

    def kill_raylet(self, node: subprocess.Popen) -> None:
        """Kills a node as a crash does: the raylet alone, by its pid."""
        for process in psutil.Process(node.pid).children(recursive=True):
            if process.name() == "raylet":
                process.kill()
                return
        raise AssertionError("the node has no raylet")

    def end(self) -> None:
        processes = []
        for node in self._nodes:
            with contextlib.suppress(psutil.NoSuchProcess):
                processes += [psutil.Process(node.pid), *psutil.Process(node.pid).children(recursive=True)]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        for node in self._nodes:
            node.wait()

    def _wait(self, node: subprocess.Popen, until: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and node.poll() is None:
            if until():
                return
            time.sleep(0.1)
        raise AssertionError(f"a node does not come up:\n{(Path(self._folder) / 'start.log').read_text()}")

    def _sockets(self) -> set[Path]:
        """What raylets listen on; the name of one that died is not taken again."""
        return set(Path(self._folder).glob("session_*/sockets/raylet*"))

    def _at(self, host: str | None) -> list[str]:
        return self._hosts.at(host) if self._hosts is not None and host is not None else []

    def _start(self, host: str | None, *options: str, environment: dict[str, str] | None = None) -> subprocess.Popen:
        command = [
            *self._at(host),
            RAY,
            "start",
            "--block",
            "--num-cpus=1",
            "--object-store-memory=100000000",
            *options,
        ]
        command += ["--disable-usage-stats", f"--dashboard-agent-listen-port={_free_port()}"]
        if self._hosts is not None and host is not None:
            command.append(f"--node-ip-address={self._hosts.addresses[host]}")
        variables = {"PYTHONPATH": str(Path(__file__).parents[2]), "RAY_AUTH_MODE": "token", **(environment or {})}
        with (Path(self._folder) / "start.log").open("a") as log:
            node = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **variables})
        self._nodes.append(node)
        return node


@contextlib.contextmanager
def cluster(hosts: Hosts | None = None) -> Iterator[Cluster]:
    subprocess.run([RAY, "get-auth-token", "--generate"], check=True, capture_output=True)
    # Ray's sockets need short paths.
    folder = tempfile.mkdtemp(prefix="ray", dir="/tmp")
    nodes = Cluster(folder, hosts)
    try:
        yield nodes
    finally:
        nodes.end()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])
