"""The networks that ours is held against: a path of AutoSNN over SpikingJelly's, snnTorch's and Norse's neurons.

SpikingJelly and snnTorch import torchvision or torchaudio nowhere on the way to their neurons, but ask for them when
they are installed: `pip install loguru && pip install --no-deps spikingjelly==2.0.0 snntorch==1.0.0`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autosnn_ray.spiking import SpikingNetwork, SpikingNeuron
from autosnn_ray.spiking.blocks import ConvBlock, FactorisedReduce, MaxPool, SingleConv


def jelly(step_mode: str) -> nn.Module:
    """SpikingJelly's PLIF with AutoSNN's settings."""
    from spikingjelly.activation_based import neuron, surrogate

    return neuron.ParametricLIFNode(
        init_tau=2.0, surrogate_function=surrogate.ATan(), detach_reset=True, step_mode=step_mode
    )


class Snn(nn.Module):
    """snnTorch's Leaky, step by step, its input divided as PLIF divides it; the reset is to zero."""

    def __init__(self) -> None:
        super().__init__()
        from snntorch import Leaky, surrogate

        self.cell = Leaky(
            beta=0.5, learn_beta=True, spike_grad=surrogate.atan(), reset_mechanism="zero", reset_delay=False
        )

    def forward(self, x: Tensor) -> Tensor:
        membrane, out = torch.zeros_like(x[0]), []
        for step in x:
            spikes, membrane = self.cell(step * 0.5, membrane)
            out.append(spikes)
        return torch.stack(out)


class Relu(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x)


class Rival(nn.Module):
    """A path of a supernet with the same weights, run layer by layer over neurons of another kind.

    Args:
        network: Gives the layers; their convolutions and batch norms are used as they are.
        make: Makes the neurons of a layer, for ``(T, N, …)``, or for one step in a loop.
        stepwise: Run the whole network one step at a time, as the original does; its neurons keep state.
        last: Channels last.
    """

    def __init__(
        self, network: SpikingNetwork, make: Callable[[], nn.Module], *, stepwise: bool = False, last: bool = False
    ):
        super().__init__()
        self.network, self.stepwise, self.last, self.count, self.counts = network, stepwise, last, False, []
        self.neurons = nn.ModuleDict()
        for name, module in network.named_modules():
            if isinstance(module, SpikingNeuron):
                self.neurons[name.replace(".", "/")] = make()
        self._of = {
            m: self.neurons[n.replace(".", "/")] for n, m in network.named_modules() if isinstance(m, SpikingNeuron)
        }

    def _spikes(self, spikes: Tensor) -> Tensor:
        if self.count:
            self.counts.append(spikes.flatten(1 if self.stepwise else 2).sum(-1))
        return spikes

    def _fire(self, neuron: SpikingNeuron, x: Tensor) -> Tensor:
        if self.stepwise:
            return self._spikes(self._of[neuron](x))
        return self._spikes(self._of[neuron](x.unflatten(0, (self.network.timesteps, -1)))).flatten(0, 1)

    def _block(self, block: nn.Module, x: Tensor) -> Tensor:
        if isinstance(block, SingleConv):
            return self._fire(block.neuron, block.norm(block.conv(x)))
        if isinstance(block, FactorisedReduce):
            return self._fire(block.neuron, block.norm(block._reduce(x)))
        if isinstance(block, MaxPool):
            pooled = F.max_pool2d(x, 2)
            self._spikes(pooled if self.stepwise else pooled.unflatten(0, (self.network.timesteps, -1)))
            return pooled
        if isinstance(block, ConvBlock):
            current = block.norm2(block.conv2(self._fire(block.neuron1, block.norm1(block.conv1(x)))))
            return self._fire(block.neuron2, current if block.shortcut is None else current + block.shortcut(x))
        return x

    def _body(self, current: Tensor, path: tuple[str, ...]) -> Tensor:
        net, slot = self.network, 0
        x = self._fire(net.stem.neuron1, current)
        for layer, blocks in zip(net.space.layers, net.layers, strict=True):
            x = self._block(blocks[path[slot] if layer.is_slot else layer.kind], x)
            slot += layer.is_slot
        return self._fire(net.head.neuron, net.head.linear(x.flatten(1)))

    def forward(self, x: Tensor, path: tuple[str, ...], count: bool = False) -> tuple[Tensor, Tensor | None]:
        net, self.count, self.counts = self.network, count, []
        x = x.contiguous(memory_format=torch.channels_last) if self.last else x
        if self.stepwise:
            # The original computes the first convolution once, and all that follows step by step.
            current = net.stem.norm1(net.stem.conv1(x))
            spikes = sum(self._body(current, path) for _ in range(net.timesteps))
        else:
            current = net.stem.norm1(net.stem.conv1(x))
            spikes = self._body(current.repeat(net.timesteps, 1, 1, 1), path).unflatten(0, (net.timesteps, -1)).sum(0)
        for neuron in self.neurons.values():
            if hasattr(neuron, "reset"):
                neuron.reset()
        total = None
        if count:
            total = sum(one if self.stepwise else one.sum(0) for one in self.counts)
        return spikes.unflatten(1, (-1, net.head.voters)).sum(2) / net.head.voters, total
