"""The laws of a spiking block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from autosnn_ray.space import SearchSpace, find_block
from autosnn_ray.space.blocks import POOLS
from autosnn_ray.spiking import NeuronSettings, SpikeMeter, SpikingBlock, SpikingNetwork, SpikingNeuron, build_block
from autosnn_ray.spiking.weights import new_network
from autosnn_ray.testing.laws import by_name, obey, require

LIVELY = NeuronSettings(decay_input=False, threshold=0.5)
"""Neurons that fire often, on averages of spikes too."""


@dataclass(frozen=True)
class BlockCase:
    """A block by its name, at one place of a network.

    Attributes:
        name: As it is registered.
        channels: Channels that go out; 4 come in.
        stride: By how much it divides height and width.
        neuron: Its neurons' settings.
    """

    name: str
    channels: int = 4
    stride: int = 1
    neuron: NeuronSettings = LIVELY

    @property
    def where(self) -> str:
        """The place in words."""
        return f"from 4 to {self.channels} channels at stride {self.stride}"

    @property
    def space(self) -> SearchSpace:
        """A space of one layer that is this block."""
        layer = {"kind": self.name} if self.name in POOLS else {
            "kind": self.name, "channels": self.channels, "stride": self.stride
        }  # fmt: skip
        return SearchSpace.from_dict(
            {
                "name": "one", "stem": "static", "channels": 4, "in_channels": 2, "input_size": [8, 8],
                "head": "flatten", "voters": 2, "layers": [layer],
            }
        )  # fmt: skip

    def build(self) -> SpikingBlock:
        """Builds it, with weights of one seed and batch norms that lift what comes in."""
        with torch.random.fork_rng():
            torch.manual_seed(0)
            block = build_block(self.name, 4, self.channels, self.stride, self.neuron)
        for module in block.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.constant_(module.bias, 0.3)
        return block


def spikes_like(steps: int = 5, samples: int = 3, side: int = 8, seed: int = 0) -> Tensor:
    """Returns spikes, shape ``(T, N, 4, side, side)``, one in two."""
    return torch.rand(steps, samples, 4, side, side, generator=torch.Generator().manual_seed(seed)).round()


def places(name: str, neuron: NeuronSettings = LIVELY) -> Iterator[BlockCase]:
    """Yields every place a block may stand in: channels and size kept or changed."""
    for channels, stride in ((4, 1), (6, 1), (6, 2), (4, 2)):
        if name not in POOLS or (channels, stride) == (4, 2):
            yield BlockCase(name, channels, stride, neuron)


def check_block(name: str, *, neuron: NeuronSettings | None = None) -> None:
    """Holds a block against every law, wherever it may stand in a network.

    Args:
        name: The name it is registered by.
        neuron: Its neurons' settings; such as fire often where None.

    Raises:
        InvalidInputError: No such block.
        LawBrokenError: Names every law that it breaks.

    Example:
        >>> check_block("srb_k3")
    """
    find_block(name)
    obey(f"block {name!r}", BLOCK_LAWS, places(name, neuron or LIVELY))


def gives_the_shape_it_should(case: BlockCase) -> None:
    """From `(T, N, C, H, W)` it gives `(T, N, C', H', W')`: sides divided by the stride, rounded up, by pools down."""
    for side in (8, 7):
        found = tuple(case.build()(spikes_like(side=side)).shape)
        out = side // 2 if case.name in POOLS else -(-side // case.stride)
        expected = (5, 3, case.channels, out, out)
        require(found == expected, f"{case.where}: from side {side} expected shape {expected}, got {found}")


def gives_spikes(case: BlockCase) -> None:
    """What it gives is 0 or 1."""
    found = set(case.build()(spikes_like()).detach().unique().tolist())
    require(found <= {0.0, 1.0}, f"{case.where}: got {sorted(found)[:5]}")


def learns(case: BlockCase) -> None:
    """Gradients reach its input and each of its parameters."""
    block, x = case.build(), spikes_like().requires_grad_()
    block(x).sum().backward()
    require(x.grad is not None, f"{case.where}: none reaches the input")
    without = [name for name, parameter in block.named_parameters() if parameter.grad is None]
    require(not without, f"{case.where}: none reaches {', '.join(without)}")


def keeps_no_state(case: BlockCase) -> None:
    """In evaluation each call starts anew: the same input gives the same whatever came between; no buffer changes."""
    block = case.build().eval()
    before = {name: value.clone() for name, value in block.state_dict().items()}
    first = block(spikes_like())
    for samples in (3, 2):
        block(spikes_like(seed=1, samples=samples))
        require(torch.equal(block(spikes_like()), first), f"{case.where}: after other samples it gives something else")
    changed = [name for name, value in block.state_dict().items() if not torch.equal(value, before[name])]
    require(not changed, f"{case.where}: evaluation changes {', '.join(changed)}")


def time_runs_forward(case: BlockCase) -> None:
    """Time is the first dimension, and later steps change nothing of earlier ones."""
    block, x = case.build().eval(), spikes_like()
    whole = block(x)
    for steps in (1, 3):
        require(torch.equal(block(x[:steps]), whole[:steps]), f"{case.where}: the first {steps} of 5 steps are others")


def samples_are_apart(case: BlockCase) -> None:
    """Samples are the second dimension, and in evaluation none changes what another gives."""
    block, x = case.build().eval(), spikes_like()
    whole = block(x)
    for sample in range(x.shape[1]):
        alone = block(x[:, sample : sample + 1])
        require(torch.equal(alone, whole[:, sample : sample + 1]), f"{case.where}: alone, sample {sample} gives others")


def counts_its_spikes(case: BlockCase) -> None:
    """Each of its layers of neurons counts its spikes in the meter that it is given."""
    block, fired = case.build().eval(), [torch.zeros(3)]
    neurons = [module for module in block.modules() if isinstance(module, SpikingNeuron)]
    hooks = [one.register_forward_hook(lambda _, __, out: fired.append(out.sum((0, 2, 3, 4)))) for one in neurons]
    meter, x = SpikeMeter(), spikes_like()
    given = block(x, meter)
    for hook in hooks:
        hook.remove()
    counted = meter.total if meter.layers else torch.zeros(3)
    expected = torch.stack(fired).sum(0)
    if neurons:
        told = f"counted {counted.tolist()}, fired {expected.tolist()}; does each get the meter?"
        require(torch.equal(counted, expected), f"{case.where}: {told}")
    elif not torch.equal(given, x):
        require(meter.layers, f"{case.where}: it changes spikes, and counts none")


def the_fast_path_is_the_slow_one(case: BlockCase) -> None:
    """With its neurons run step by step it gives the same spikes."""
    fast, slow = case.build().eval(), case.build().eval()
    for module in slow.modules():
        if isinstance(module, SpikingNeuron):
            module.fused = False
    with torch.no_grad():
        differing = int((fast(spikes_like()) != slow(spikes_like())).sum())
    require(not differing, f"{case.where}: {differing} spikes differ")


def its_weights_come_from_a_generator(case: BlockCase) -> None:
    """In a network that is built from a generator all its values come from that, and none is left as it was found."""
    first, second = (_network(case, 0).state_dict() for _ in range(2))
    differing = [name for name in first if not torch.equal(first[name], second[name])]
    require(not differing, f"{case.where}: of one seed these differ: {', '.join(differing)}")
    wrong = [name for name, value in first.items() if value.is_floating_point() and not bool(value.isfinite().all())]
    require(not wrong, f"{case.where}: these are not finite: {', '.join(wrong)}")


def its_weights_can_be_assigned(case: BlockCase) -> None:
    """Built without memory, with the weights of another of its kind assigned, it gives the same."""
    network = _network(case, 0).eval()
    with torch.device("meta"):
        other = SpikingNetwork(case.space, classes=2, timesteps=3, neuron=case.neuron, architecture=()).eval()
    other.load_state_dict(network.state_dict(), assign=True)
    x = torch.rand(2, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        require(torch.equal(network(x).logits, other(x).logits), f"{case.where}: it gives something else")


def _network(case: BlockCase, seed: int) -> SpikingNetwork:
    generator = torch.Generator().manual_seed(seed)
    return new_network(generator, case.space, classes=2, timesteps=3, neuron=case.neuron, architecture=())


BLOCK_LAWS = by_name(
    (
        gives_the_shape_it_should,
        gives_spikes,
        learns,
        keeps_no_state,
        time_runs_forward,
        samples_are_apart,
        counts_its_spikes,
        the_fast_path_is_the_slow_one,
        its_weights_come_from_a_generator,
        its_weights_can_be_assigned,
    )
)
"""Every law of a block, by name."""
