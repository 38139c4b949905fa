"""The spiking core: neurons on Norse, blocks, and one builder for supernets and networks of their own."""

from autosnn_ray.spiking.blocks import FAMILIES, build_block
from autosnn_ray.spiking.layer_parts import SpikingBlock, conv, event_conv, over_time
from autosnn_ray.spiking.meter import SpikeMeter, silent_layers
from autosnn_ray.spiking.network import NetworkOutput, SpikingNetwork, count_parameters
from autosnn_ray.spiking.neurons import NEURONS, NeuronSettings, SpikingNeuron
from autosnn_ray.spiking.official import load_official_state
from autosnn_ray.spiking.prefixes import Prefixes
from autosnn_ray.spiking.surrogates import SURROGATES
from autosnn_ray.spiking.weights import initialise, new_network, path_weights

__all__ = [
    "FAMILIES",
    "NEURONS",
    "SURROGATES",
    "NetworkOutput",
    "NeuronSettings",
    "Prefixes",
    "SpikeMeter",
    "SpikingBlock",
    "SpikingNetwork",
    "SpikingNeuron",
    "build_block",
    "conv",
    "count_parameters",
    "event_conv",
    "initialise",
    "load_official_state",
    "new_network",
    "over_time",
    "path_weights",
    "silent_layers",
]
