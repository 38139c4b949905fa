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
from collections.abc import Iterator
from pathlib import Path

import psutil
import ray._private.services

RAY = str(Path(sys.executable).with_name("ray"))


class Cluster:
    """A head node, and workers that may join and be killed."""

    def __init__(self, folder: str) -> None:
        self.address = f"{ray._private.services.get_node_ip_address()}:{_free_port()}"
        self._folder = folder
        self._nodes: list[subprocess.Popen] = []

    def start_head(self, *options: str) -> None:
        port = self.address.rpartition(":")[2]
        head = self._start(
            "--head", f"--port={port}", f"--temp-dir={self._folder}", "--include-dashboard=false", *options
        )
        deadline = time.monotonic() + 60
        host = self.address.rpartition(":")[0]
        while time.monotonic() < deadline and head.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection((host, int(port)), timeout=1).close()
                return
            time.sleep(0.1)
        raise AssertionError(f"the head node does not come up:\n{(Path(self._folder) / 'start.log').read_text()}")

    def start_worker(self, *options: str) -> subprocess.Popen:
        return self._start(f"--address={self.address}", *options)

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

    def _start(self, *options: str) -> subprocess.Popen:
        command = [RAY, "start", "--block", "--num-cpus=1", "--object-store-memory=100000000", *options]
        command += ["--disable-usage-stats", f"--dashboard-agent-listen-port={_free_port()}"]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "RAY_AUTH_MODE": "token"}
        with (Path(self._folder) / "start.log").open("a") as log:
            node = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        self._nodes.append(node)
        return node


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    subprocess.run([RAY, "get-auth-token", "--generate"], check=True, capture_output=True)
    # Ray's sockets need short paths.
    folder = tempfile.mkdtemp(prefix="ray", dir="/tmp")
    nodes = Cluster(folder)
    try:
        yield nodes
    finally:
        nodes.end()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])
