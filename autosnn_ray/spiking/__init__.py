"""The spiking core: neurons on Norse, blocks, and one builder for supernets and networks of their own."""

from autosnn_ray.spiking.blocks import FAMILIES, build_block
from autosnn_ray.spiking.meter import SpikeMeter, silent_layers
from autosnn_ray.spiking.network import NetworkOutput, SpikingNetwork, count_parameters
from autosnn_ray.spiking.neurons import NEURONS, NeuronSettings, SpikingNeuron
from autosnn_ray.spiking.official import load_official_state
from autosnn_ray.spiking.own_neurons import register_neuron
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
    "SpikingNetwork",
    "SpikingNeuron",
    "build_block",
    "count_parameters",
    "initialise",
    "load_official_state",
    "new_network",
    "path_weights",
    "register_neuron",
    "silent_layers",
]
