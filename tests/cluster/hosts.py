"""Hosts of their own on one machine: network namespaces, joined by a switch, each of which can be cut off."""

from __future__ import annotations

import contextlib
import subprocess
import uuid
from collections.abc import Iterator


def can_make_hosts() -> bool:
    """Whether this process may make network namespaces: iproute2 is there, and the kernel lets it."""
    name = f"probe-{uuid.uuid4().hex[:6]}"
    try:
        made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    if made.returncode:
        return False
    linked = subprocess.run(
        ["ip", "-n", name, "link", "add", "name", "one", "type", "veth", "peer", "name", "two"],
        capture_output=True,
        check=False,
    )
    _ip("netns", "del", name)
    return linked.returncode == 0


class Hosts:
    """Hosts on a network that nothing else is on.

    Args:
        names: What they are called.
    """

    def __init__(self, *names: str) -> None:
        self._tag = uuid.uuid4().hex[:6]
        self._switch = f"switch-{self._tag}"
        self.addresses = {name: f"10.77.0.{number}" for number, name in enumerate(names, 1)}

    def start(self) -> None:
        _ip("netns", "add", self._switch)
        _ip("-n", self._switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", self._switch, "link", "set", "bridge", "up")
        for name, address in self.addresses.items():
            host = self._space(name)
            _ip("netns", "add", host)
            _ip(
                "link",
                "add",
                "name",
                name,
                "netns",
                self._switch,
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                host,
            )
            _ip("-n", self._switch, "link", "set", name, "master", "bridge", "up")
            _ip("-n", host, "addr", "add", f"{address}/24", "dev", "eth0")
            _ip("-n", host, "link", "set", "lo", "up")
            _ip("-n", host, "link", "set", "eth0", "up")
            _ip("-n", host, "route", "add", "default", "dev", "eth0")  # what programs learn their own address by

    def at(self, name: str) -> list[str]:
        """What to put before a command for it to run there."""
        return ["ip", "netns", "exec", self._space(name)]

    def cut_off(self, name: str) -> None:
        """Pulls a host's plug: its processes go on, and reach nobody."""
        _ip("-n", self._switch, "link", "set", name, "down")

    def connect(self, name: str) -> None:
        """Puts the plug in again."""
        _ip("-n", self._switch, "link", "set", name, "up")

    def end(self) -> None:
        for space in (*map(self._space, self.addresses), self._switch):
            subprocess.run(["ip", "netns", "del", space], capture_output=True, check=False)

    def _space(self, name: str) -> str:
        return f"{name}-{self._tag}"


@contextlib.contextmanager
def hosts(*names: str) -> Iterator[Hosts]:
    """Makes hosts for the while of the block."""
    made = Hosts(*names)
    try:
        made.start()
        yield made
    finally:
        made.end()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
