"""Compiled loops that take gradients back through neurons and the batch norm before them; see ``kernels``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autosnn_ray.spiking.kernels import BLOCK, add, compiled, copy, currents, fill, fire, integrate, part

SLOPES = {"atan": 0, "super": 1, "triangle": 2, "tanh": 3, "circ": 4, "heavi_erfc": 5}
"""The number that the loops know a surrogate by."""

_SQRT_PI = float(np.float32(math.sqrt(math.pi)))


@compiled
def _slope(kind: int, h: Any, threshold: Any, alpha: Any, s: Any) -> None:
    """Writes the surrogate's derivative at voltages ``h``."""
    one, two = s.dtype.type(1), s.dtype.type(2)
    if kind == 0:
        factor, half = s.dtype.type(math.pi / 2) * alpha, alpha / two
        for i in range(len(s)):
            scaled = (h[i] - threshold) * factor
            s[i] = half / (scaled * scaled + one)
    elif kind == 1:
        for i in range(len(s)):
            wide = abs(h[i] - threshold) + one
            s[i] = one / (wide * wide)
    elif kind == 2:
        for i in range(len(s)):
            s[i] = alpha * max(one - abs(h[i] - threshold), s.dtype.type(0))
    elif kind == 3:
        for i in range(len(s)):
            flat = math.tanh((h[i] - threshold) * alpha)
            s[i] = one - flat * flat
    elif kind == 4:
        for i in range(len(s)):
            square = (h[i] - threshold) * (h[i] - threshold)
            root = math.sqrt(alpha * alpha + square)
            s[i] = (one / (two * root) - square / (two * root * root * root)) * two * alpha
    else:
        for i in range(len(s)):
            scaled = alpha * (h[i] - threshold)
            s[i] = two * math.exp(-scaled * scaled) / s.dtype.type(_SQRT_PI)


@compiled
def _decay_gradient(g: Any, h: Any, before: Any, v_reset: Any, divided: bool, sums: Any) -> None:
    """Adds dL/dh * dh/ddecay: ``x + v_reset - v``, taken times decay as ``h - v``; or ``v_reset - v``."""
    if divided:
        for i in range(len(g)):
            sums[i] += g[i] * (h[i] - before[i])
    else:
        for i in range(len(g)):
            sums[i] += g[i] * (v_reset - before[i])


@compiled
def _reset(h: Any, z: Any, v_reset: Any, v: Any) -> None:
    for i in range(len(v)):
        v[i] = v_reset if z[i] != 0 else h[i]


@compiled
def _back(g: Any, s: Any, z: Any, keeps: Any, later: Any) -> None:
    """Turns ``later``, dL/dh of the step after, into this step's: a spike here cut the two apart."""
    one = g.dtype.type(1)
    for i in range(len(g)):
        later[i] = s[i] * g[i] + later[i] * (keeps * (one - z[i]))


@compiled
def _moments(g: Any, y: Any, mean: Any, first: Any, second: Any) -> None:
    for i in range(len(g)):
        first[i] += g[i]
        second[i] += g[i] * (y[i] - mean[i])


@compiled
def _by_channel(values: Any, channel: Any, start: int, sums: Any) -> None:
    for i in range(len(values)):
        sums[channel[start + i]] += values[i]


@compiled
def _scale(x: Any, factor: Any, out: Any) -> None:
    for i in range(len(out)):
        out[i] = x[i] * factor


@compiled
def _step(
    y: Any, norm: Any, r: Any, r_norm: Any, has_r: bool, neuron: Any, start: int, end: int,
    x: Any, term: Any, v: Any, h: Any, z: Any,
) -> None:  # fmt: skip
    """Runs one step of a block anew, as ``forward`` does."""
    decay, threshold, v_reset, divided, at_threshold = neuron
    scale, shift = part(norm[0], start, end), part(norm[1], start, end)
    currents(y, scale, shift, r, part(r_norm[0], start, end), part(r_norm[1], start, end), has_r, x, term)
    integrate(x, v, h, decay, v_reset, divided)
    fire(h, z, v, threshold, v_reset, at_threshold)


@compiled
def backward(
    first: int, last: int, y: Any, norm: Any, r: Any, r_norm: Any, neuron: Any, surrogate: Any, gradient: Any,
    means: Any, channel: Any, grad_x: Any, grad_decay: Any, sums: Any,
) -> None:  # fmt: skip
    """Takes gradients back through the neurons to their input; voltages are computed anew, so none need be kept.

    Args:
        first: The first sample.
        last: The sample after the last.
        y: As in ``forward``, and so the next four.
        norm: See there.
        r: See there.
        r_norm: See there.
        neuron: See there.
        surrogate: Its number and alpha.
        gradient: dL/dspikes.
        means: Mean of ``y`` and of ``r`` at each neuron, where their batch norm took it; or empty.
        channel: Channel of each neuron.
        grad_x: Where dL/dinput is written, summed over time where ``y`` has one step.
        grad_decay: Where dL/ddecay of each sample is written.
        sums: Where, for each sample, dL/dinput is summed over each channel: alone, times ``y`` less its mean, and
            times ``r`` less its mean.
    """
    decay, threshold, v_reset, divided, _ = neuron
    kind, alpha = surrogate
    steps, _, length = gradient.shape
    one, zero = gradient.dtype.type(1), gradient.dtype.type(0)
    h_all = np.empty((steps, BLOCK), dtype=gradient.dtype)
    z_all = np.empty((steps, BLOCK), dtype=gradient.dtype)
    rooms, kept = np.empty((5, BLOCK), dtype=gradient.dtype), np.empty((5, BLOCK), dtype=gradient.dtype)
    moves, has_r, static = int(len(y) > 1), r.size > 0, len(y) == 1
    for n in range(first, last):
        total = 0.0
        for start in range(0, length, BLOCK):
            end = min(start + BLOCK, length)
            w = end - start
            x, v, term, s, before = rooms[0, :w], rooms[1, :w], rooms[2, :w], rooms[3, :w], rooms[4, :w]
            later, along, alone, with_y, with_r = kept[0, :w], kept[1, :w], kept[2, :w], kept[3, :w], kept[4, :w]
            fill(v, v_reset)
            for t in range(steps):
                shortcut = r[t, n, start:end] if has_r else term
                given, h, z = y[t * moves, n, start:end], h_all[t, :w], z_all[t, :w]
                _step(given, norm, shortcut, r_norm, has_r, neuron, start, end, x, term, v, h, z)
            for row in range(len(kept)):
                fill(kept[row], zero)
            if static:
                fill(grad_x[0, n, start:end], zero)
            for t in range(steps - 1, -1, -1):
                h, z = h_all[t, :w], z_all[t, :w]
                _slope(kind, h, threshold, alpha, s)
                _back(gradient[t, n, start:end], s, z, one - decay, later)
                if t == 0:
                    fill(before, v_reset)
                else:
                    _reset(h_all[t - 1, :w], z_all[t - 1, :w], v_reset, before)
                _decay_gradient(later, h, before, v_reset, divided, along)
                _scale(later, decay if divided else one, s)
                if static:
                    add(grad_x[0, n, start:end], s)
                else:
                    copy(s, grad_x[t, n, start:end])
                if len(means[0]):
                    _moments(s, y[t * moves, n, start:end], means[0][start:end], alone, with_y)
                if len(means[1]):
                    # Alone was summed above, unless the shortcut's is the only batch norm.
                    _moments(s, r[t, n, start:end], means[1][start:end], before if len(means[0]) else alone, with_r)
            for row in range(3):
                _by_channel(kept[2 + row, :w], channel, start, sums[n, row])
            for i in range(w):
                total += along[i]
        grad_decay[n] = total / decay if divided else total


@compiled
def through_norm(first: int, last: int, g: Any, y: Any, mean: Any, factors: Any, out: Any) -> None:
    """Writes ``g * factors[0] + (y - mean) * factors[1] + factors[2]``: dL/dy behind a batch norm; out may be g."""
    scale, slant, shift = factors
    for t in range(len(g)):
        for n in range(first, last):
            g_n, y_n, out_n = g[t, n], y[t, n], out[t, n]
            for i in range(len(out_n)):
                out_n[i] = g_n[i] * scale[i] + (y_n[i] - mean[i]) * slant[i] + shift[i]
