"""What the importers of other simulators make of a NIR file, and so what a file for each of them must be like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from autosnn_ray.errors import InvalidInputError, unknown_name
from autosnn_ray.spiking.network import SpikingNetwork

Reason = Callable[[SpikingNetwork], str | None]
"""Says why a client cannot run a network; None where it can."""


@dataclass(frozen=True)
class Client:
    """A simulator that imports NIR files.

    Attributes:
        title: What it calls itself.
        dt: Seconds a time step that its importer assumes where it is not told otherwise.
        load: How its importer is called, with ``{file}`` and ``{dt}``.
        takes_dt: Whether it can be told another ``dt``.
        r_in_weights: Whether ``r`` must be 1, its factor in the weights that come before.
        pools_as_convolutions: Kinds of pools (``average``, ``sum``) that must be convolutions.
        linear_as_convolution: Whether flattening takes the batch along, so that the classifier is a convolution with
            a kernel as large as its input: features then have a height and width of 1.
        refusals: Why it cannot run some networks.
    """

    title: str
    dt: float
    load: str
    takes_dt: bool = True
    r_in_weights: bool = False
    pools_as_convolutions: tuple[str, ...] = ()
    linear_as_convolution: bool = False
    refusals: tuple[Reason, ...] = ()


def _no_other_reset(network: SpikingNetwork) -> str | None:
    """Both importers leave ``v_reset`` out: its voltages would go to 0 without a word."""
    reset = network.neuron.v_reset
    return None if reset == 0 else f"its importer ignores v_reset, which is {reset:g} here"


def _no_if(network: SpikingNetwork) -> str | None:
    wanted = "its importer takes IF neurons with r = 1 alone (with a leak of 0.1), and one step a dt needs r = 1/dt"
    return wanted if network.neuron.model == "if" else None


def _no_groups(network: SpikingNetwork) -> str | None:
    grouped = any(isinstance(module, nn.Conv2d) and module.groups > 1 for module in network.modules())
    return "its importer has no convolutions in groups" if grouped else None


def _never(network: SpikingNetwork) -> str | None:
    return "it resets by subtracting the threshold, not to v_reset, and wants nir 1.0.4 or older, which has no v_reset"


CLIENTS: dict[str, Client] = {
    "spikingjelly": Client(
        "SpikingJelly",
        dt=1e-4,
        load="spikingjelly.activation_based.nir_exchange.import_from_nir({file!r}, dt={dt:g})",
        pools_as_convolutions=("sum",),
        refusals=(_no_groups,),
    ),
    "snntorch": Client(
        "snnTorch",
        dt=1e-4,
        load="snntorch.import_nir.import_from_nir(nir.read({file!r}))",
        takes_dt=False,
        linear_as_convolution=True,
        refusals=(_no_other_reset, _no_if),
    ),
    "norse": Client(
        "Norse",
        dt=1e-3,
        load="nirtorch.nir_to_torch({file!r}, node_map) with Norse's nodes, dt={dt:g}",
        r_in_weights=True,
        pools_as_convolutions=("average",),
        linear_as_convolution=True,
        refusals=(_no_other_reset,),
    ),
    "nirtorch": Client(
        "NIRTorch",
        dt=1e-3,
        load="nirtorch.nir_to_torch({file!r}, node_map) with neurons of your own, dt={dt:g}",
        linear_as_convolution=True,
    ),
    "sinabs": Client("sinabs", dt=1e-3, load="", refusals=(_never,)),
}
"""Clients by name, for ``--nir-for``."""


def client_for(name: str, network: SpikingNetwork, dt: float | None = None) -> Client:
    """Returns a client that can run a network.

    Args:
        name: Key of ``CLIENTS``.
        network: What is to be exported.
        dt: Seconds a time step that were asked for; None for the client's own.

    Raises:
        InvalidInputError: No such client, one that cannot run this network, or not with this ``dt``.
    """
    if name not in CLIENTS:
        raise unknown_name("NIR client", name, CLIENTS)
    client = CLIENTS[name]
    for refusal in client.refusals:
        reason = refusal(network)
        if reason is not None:
            raise InvalidInputError(f"{client.title} cannot run this network: {reason}")
    if dt is not None and dt != client.dt and not client.takes_dt:
        raise InvalidInputError(f"dt: {client.title} assumes {client.dt:g} s whatever the file says, got {dt:g}")
    return client
