"""Compiled loops over neurons: batch norm, shortcut, recurrence over time and spike counts in one pass over memory.

Numba compiles them when they are first called, for float32 and float64, and keeps the machine code on the disk. Arrays
are dense, ``(T, N, L)``, where ``L`` runs over the neurons of a sample in whatever order they lie in memory. A thread
takes a range of samples, and what is summed is summed a sample at a time: results do not depend on the number of
threads. Arithmetic rounds as PyTorch's does, step by step. Loops are kept so small that LLVM vectorises.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from autosnn_ray.spiking.compiling import compiled

BLOCK = 1024
"""Neurons that are run over all time steps before the next: what they need stays in the fastest cache."""


@partial(compiled, contracted=True)
def _scaled(y: Any, scale: Any, shift: Any, x: Any) -> None:
    # Multiplied and added in one rounding where the processor can, as in PyTorch's batch norm.
    for i in range(len(x)):
        x[i] = y[i] * scale[i] + shift[i]


@compiled
def copy(y: Any, x: Any) -> None:
    """Copies a block."""
    for i in range(len(x)):
        x[i] = y[i]


@compiled
def fill(x: Any, value: Any) -> None:
    """Fills a block."""
    for i in range(len(x)):
        x[i] = value


@compiled
def tile(like: Any) -> Any:
    """Makes room for a block."""
    return np.empty(BLOCK, dtype=like.dtype)


@compiled
def add(x: Any, r: Any) -> None:
    """Adds a block to another."""
    for i in range(len(x)):
        x[i] += r[i]


@compiled
def currents(y: Any, norm: Any, r: Any, r_norm: Any, has_r: bool, start: int, end: int, x: Any, term: Any) -> None:
    """Writes a block's input: the convolution's output through its batch norm, the shortcut through its own.

    The first neuron of the block is ``start``, the one after its last ``end``.
    """
    if len(norm[0]):
        _scaled(y, norm[0][start:end], norm[1][start:end], x)
    else:
        copy(y, x)
    if has_r:
        if len(r_norm[0]):
            _scaled(r, r_norm[0][start:end], r_norm[1][start:end], term)
            add(x, term)
        else:
            add(x, r)


@compiled
def advance(x: Any, v: Any, z: Any, fired: Any, neuron: Any) -> None:
    """Runs one step: writes spikes, counts them, and leaves the voltage after the reset."""
    decay, _, fires_from, v_reset, divided = neuron
    one, zero = z.dtype.type(1), z.dtype.type(0)
    if divided:
        for i in range(len(z)):
            now = v[i]
            h = now + decay * ((x[i] + v_reset) - now)
            fires = h >= fires_from
            spike = one if fires else zero
            z[i] = spike
            fired[i] += spike
            v[i] = v_reset if fires else h
    else:
        for i in range(len(z)):
            now = v[i]
            h = (now - (now - v_reset) * decay) + x[i]
            fires = h >= fires_from
            spike = one if fires else zero
            z[i] = spike
            fired[i] += spike
            v[i] = v_reset if fires else h


@compiled
def forward(
    first: int, last: int, y: Any, norm: Any, r: Any, r_norm: Any, neuron: Any, spikes: Any, counts: Any
) -> None:
    """Runs the neurons of samples ``first`` to ``last``.

    Args:
        first: The first sample.
        last: The sample after the last.
        y: What the convolution gave; of one time step where it is the same at all.
        norm: Its batch norm as scale and shift of each neuron, or two empty arrays.
        r: The shortcut, of as many time steps as there are; empty where there is none.
        r_norm: Its batch norm.
        neuron: Decay, threshold, the least voltage that fires, and reset voltage as numbers of the arrays' type;
            whether the input is divided.
        spikes: Where spikes are written.
        counts: Where the spikes of each sample are counted.
    """
    steps, _, length = spikes.shape
    tile0, tile1, tile2, tile3 = tile(spikes), tile(spikes), tile(spikes), tile(spikes)
    v_reset, zero = neuron[3], spikes.dtype.type(0)
    moves, has_r = int(len(y) > 1), r.size > 0
    through = has_r or len(norm[0]) > 0
    for n in range(first, last):
        total = 0.0
        for start in range(0, length, BLOCK):
            end = min(start + BLOCK, length)
            w = end - start
            x, v, term, fired = tile0[:w], tile1[:w], tile2[:w], tile3[:w]
            fill(v, v_reset)
            fill(fired, zero)
            for t in range(steps):
                given = y[t * moves, n, start:end]
                if through:
                    shortcut = r[t, n, start:end] if has_r else term
                    currents(given, norm, shortcut, r_norm, has_r, start, end, x, term)
                advance(x if through else given, v, spikes[t, n, start:end], fired, neuron)
            for i in range(w):
                total += fired[i]
        counts[n] = total
