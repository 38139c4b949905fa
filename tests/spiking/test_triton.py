"""The Triton kernels: equal to PyTorch's operations, run by Triton's interpreter, and by a GPU where there is one.

The interpreter cuts off digits where it makes a bfloat16, a GPU rounds: that type is compared on a GPU alone.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from triton.compiler import compile as compile_kernel

from autosnn_ray.spiking import SURROGATES, NeuronSettings, SpikingNeuron, triton_kernels
from autosnn_ray.spiking.compiled import Recurrence
from autosnn_ray.spiking.fused import fused_neuron
from autosnn_ray.spiking.gpu import triton_neuron
from autosnn_ray.spiking.kernel_gradients import SLOPES
from autosnn_ray.spiking.memory_format import is_last

GPU = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, and PyTorch sees none"),
]
ROUNDING = {torch.float64: 1e-12, torch.float32: 1e-5, torch.float16: 0.01, torch.bfloat16: 0.1}


@pytest.fixture(scope="module", params=["interpreter", pytest.param("gpu", marks=GPU)])
def where(request):
    """The kernels, and where their tensors must be."""
    if request.param == "gpu":
        return triton_kernels, "cuda"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRITON_INTERPRET", "1")
        spec = importlib.util.spec_from_file_location("interpreted_kernels", Path(triton_kernels.__file__))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module, "cpu"


def draw(shape, seed=0, dtype=torch.float64):
    return (torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 1.5).to(dtype)


def both(where, x, recurrence, decay=0.4, *, learned=True, of_input=True):
    """Spikes and gradients by the kernels, and by PyTorch's operations."""
    kernels, device = where
    surrogate, found = SURROGATES[recurrence.surrogate], []
    weights = draw(x.shape, seed=1, dtype=x.dtype).to(device)
    for run in ("kernels", "operations"):
        given = x.to(device, copy=True).requires_grad_(of_input)  # each a gradient of its own
        share = torch.tensor(decay, dtype=x.dtype, device=device, requires_grad=True) if learned else decay
        if run == "kernels":
            spikes = triton_neuron(given, share, recurrence, kernels)
        else:
            spikes = fused_neuron(
                given, share, threshold=recurrence.threshold, v_reset=recurrence.v_reset, divided=recurrence.divided,
                surrogate=surrogate, alpha=recurrence.alpha,
            )  # fmt: skip
        (spikes * weights).sum().backward()
        found.append((spikes.detach(), given.grad, share.grad if learned else torch.zeros(())))
    return found


def same(found, rtol):
    (spikes, to_input, to_decay), (spikes_, to_input_, to_decay_) = found
    assert spikes.dtype == spikes_.dtype
    assert torch.equal(spikes, spikes_)
    assert 0 < spikes.float().mean() < 1
    for one, other in ((to_input, to_input_), (to_decay, to_decay_)):
        assert torch.allclose(one.double(), other.double(), rtol=rtol, atol=rtol * float(other.abs().max() + 1))


def recurrence(surrogate="atan", *, divided=True, v_reset=0.0):
    return Recurrence(0.75, v_reset, divided, surrogate, 1.3, SURROGATES[surrogate].at_threshold)


@pytest.mark.parametrize("surrogate", SURROGATES)
@pytest.mark.parametrize("divided", [True, False])
@pytest.mark.parametrize("timesteps", [1, 2, 5, 32])
def test_kernels_equal_the_operations(where, surrogate, divided, timesteps):
    x = draw((timesteps, 2, 3, 5, 21))
    same(both(where, x, recurrence(surrogate, divided=divided)), 1e-12)


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("v_reset", [0.0, -0.5])
@pytest.mark.parametrize("divided", [True, False])
def test_kernels_equal_the_operations_in_every_precision_and_reset(where, dtype, v_reset, divided):
    if dtype == torch.bfloat16 and where[1] == "cpu":
        pytest.skip("Triton's interpreter does not round to bfloat16")
    x = draw((5, 3, 4, 7, 9), dtype=dtype)
    same(both(where, x, recurrence(divided=divided, v_reset=v_reset)), ROUNDING[dtype])


def test_voltages_at_the_threshold_fire_as_the_surrogate_has_it(where):
    x = torch.full((1, 1, 3), 2.0)
    for surrogate, found in SURROGATES.items():
        one = Recurrence(1.0, 0.0, True, surrogate, 1.0, found.at_threshold)
        spikes = triton_neuron(x.to(where[1]), 0.5, one, where[0])
        assert spikes.tolist() == [[[float(found.at_threshold)] * 3]]


def test_strides_do_not_matter(where):
    x = draw((4, 3, 6, 5, 8))
    last = x.permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3)
    for view in (x.transpose(1, 3), x[:, ::2], x.flip(0), x[:1].expand(4, 3, 6, 5, 8), last, x[..., 0, 0]):
        same(both(where, view.detach(), recurrence()), 1e-12)
    assert is_last(triton_neuron(last.to(where[1]), 0.4, recurrence(), where[0])), "channels stay last"


def test_a_decay_that_is_not_learned_and_one_that_alone_is(where):
    x = draw((4, 3, 40))
    same(both(where, x, recurrence(), learned=False), 1e-12)
    found = [float(to_decay) for _, _, to_decay in both(where, x, recurrence(), of_input=False)]
    assert found[0] == pytest.approx(found[1], rel=1e-12)


def test_more_neurons_than_one_program_takes_and_without_gradients(where):
    x = draw((3, 2, 2 * triton_kernels.BLOCK + 5), dtype=torch.float32)
    same(both(where, x, recurrence()), 1e-4)
    with torch.inference_mode():
        quick = triton_neuron(x.to(where[1]), 0.4, recurrence(), where[0])
    assert torch.equal(quick, triton_neuron(x.to(where[1]).requires_grad_(), 0.4, recurrence(), where[0]).detach())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, and PyTorch sees none")
def test_a_layer_on_a_gpu_takes_the_kernels(monkeypatch):
    seen = []
    monkeypatch.setattr("autosnn_ray.spiking.gpu.triton_neuron", lambda *given: seen.append(given) or given[0])
    SpikingNeuron(NeuronSettings()).cuda()(torch.zeros(2, 3, device="cuda"))
    assert len(seen) == 1


FLOATS = {"fp64": "fp64", "fp32": "fp32", "fp16": "fp32", "bf16": "fp32"}
"""Triton's names of types, and in which of them sums are made."""


def compiled(kernel, types, constants):
    signature = {name: types.get(name, "constexpr") for name in kernel.arg_names}
    source = ASTSource(fn=kernel, signature=signature, constexprs=constants)
    return compile_kernel(source, target=GPUTarget("cuda", 80, 32), options={"enable_fp_fusion": False}).asm


@pytest.mark.parametrize("number", ["fp32", *(pytest.param(n, marks=pytest.mark.slow) for n in FLOATS if n != "fp32")])
@pytest.mark.parametrize("steps", [1, None])
def test_kernels_compile_for_a_gpu(number, steps, tmp_path, monkeypatch):
    """Down to machine code, which takes no GPU. A number of 1 is a constant: Triton compiles it apart."""
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    wide, constant = FLOATS[number], {} if steps is None else {"steps": steps}
    sizes = {"size": "i32"} | ({"steps": "i32"} if steps is None else {})
    settings = {"threshold": 1.0, "v_reset": -0.5, "divided": True, "at_threshold": True, "block": 512, **constant}
    types = dict.fromkeys(("x", "spikes", "kept"), f"*{number}") | {"decay": f"*{wide}", "x_step": "i64", **sizes}
    forward = compiled(triton_kernels.forward, types, settings | {"keeps": True})
    assert forward["cubin"]
    # A sum of bfloat16 is an fma too, one factor 1; a product and a sum in one rounding would be of float32 or float64.
    assert "fma.rn.f" not in forward["ptx"], "spikes would round otherwise than PyTorch's"
    types = dict.fromkeys(("gradient", "kept", "to_input"), f"*{number}")
    types |= dict.fromkeys(("decay", "to_decay"), f"*{wide}") | sizes
    for kind in SLOPES.values():
        assert compiled(triton_kernels.backward, types, settings | {"alpha": 2.0, "kind": kind})["cubin"]
