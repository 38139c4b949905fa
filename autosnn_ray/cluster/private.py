"""Everything that touches private attributes of Ray 2.60, and nothing else; tests fail when Ray changes them.

Tune is imported where it is touched: a Ray is started before that, and while it starts (``while_it_starts``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from ray._private import ray_constants, services
from ray._private.node import Node
from ray._raylet import GcsClient  # type: ignore[attr-defined]  # compiled: mypy cannot look into it

ENABLE_CLUSTER_VARIABLE: str = ray_constants.ENABLE_RAY_CLUSTERS_ENV_VAR
TUNES_VARIABLES = {"PL_DISABLE_FORK": "1"}
"""What Tune puts into its actors' environment."""
_LOOK_EVERY_SECONDS, _LOOK_SECONDS = 0.02, 30.0


def keep_idle_actors(tune_controller: Any, resources: Any, count: int) -> None:
    """Lets Tune keep so many idle actors: where no trial waits, it keeps one and ends the rest.

    Args:
        tune_controller: What a scheduler's ``on_trial_add`` is given.
        resources: The trial's placement group factory.
        count: How many.
    """
    tune_controller._tune_controller._actor_cache.increase_max(resources, by=count)


def actors_of(tune_controller: Any) -> tuple[int, int]:
    """Returns how many actors Tune has asked for, and how many of them have started."""
    controller = tune_controller._tune_controller
    return controller._actor_manager.num_total_actors, len(controller._started_actors)


@contextmanager
def remembered() -> Iterator[None]:
    """Lets Tune remember, for the while of the block, what it has looked up in its registry.

    Tune 2.60 reads the trainable's pickle from the cluster's key-value store for every trial, five times: a sixth of
    what a candidate costs in the driver. This shadows two methods of a private object; without it a search is as right,
    and slower.
    """
    from ray.tune import registry

    found: Any = registry._global_registry
    shadows: dict[str, Callable[..., Any]] = {name: cache(getattr(found, name)) for name in ("contains", "get")}
    vars(found).update(shadows)
    try:
        yield
    finally:
        for name in shadows:
            delattr(found, name)


@contextmanager
def on_loopback() -> Iterator[dict[str, str]]:
    """Lets Ray start so that nothing outside this machine can reach it: who reaches Ray can run any code.

    Ray 2.60 turns a loopback address into the machine's own, and then listens on every interface, unless it
    believes that it is on a laptop; there is no public setting. A test looks at the sockets.

    Yields:
        Arguments of ``ray.init``.
    """
    with _replaced(ray_constants, ENABLE_RAY_CLUSTER=False):
        yield {"_node_ip_address": "127.0.0.1"}


@contextmanager
def without_monitors() -> Iterator[None]:
    """Lets Ray start without the processes that nobody asks anything on one machine.

    These are the autoscaler's, the one that carries the actors' output to the driver (which is switched off), and the
    dashboard's server, of which ``include_dashboard=False`` leaves the half. Each takes half a second of a core, and
    Ray waits for the last.
    """

    def nothing(node: Node, **_: object) -> None:
        pass

    with _replaced(Node, start_monitor=nothing, start_log_monitor=nothing, start_api_server=nothing):
        yield


@contextmanager
def while_it_starts(meanwhile: Callable[[], object]) -> Iterator[None]:
    """Does something while Ray's own processes start, and goes on as soon as they have.

    Ray 2.60 looks once a second whether its node is there, and sleeps in between; it takes two thirds of a second.

    Args:
        meanwhile: What takes about as long in this process.
    """
    get_node = services.get_node

    def soon(address: str, node_id: str) -> Any:
        meanwhile()
        client, until = GcsClient(address=address), time.monotonic() + _LOOK_SECONDS
        while time.monotonic() < until and node_id not in {node.hex() for node in client.get_all_node_info()}:
            time.sleep(_LOOK_EVERY_SECONDS)
        return get_node(address, node_id)

    with _replaced(services, get_node=soon):
        yield


@contextmanager
def in_waiting_processes() -> Iterator[None]:
    """Lets Tune's actors begin in the processes that Ray has started in advance, where Ray was started here.

    Tune 2.60 gives each actor environment variables, for which Ray starts a process anew. A Ray that was started here
    has them already, as ``TUNES_VARIABLES`` or from this process.
    """
    from ray.tune.execution import class_cache

    with _replaced(class_cache, DEFAULT_ENV_VARS={}, ENV_VARS_TO_PROPAGATE=()):
        yield


@contextmanager
def _replaced(owner: Any, **values: object) -> Iterator[None]:
    before = {name: getattr(owner, name) for name in values}
    for name, value in values.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(owner, name, value)
