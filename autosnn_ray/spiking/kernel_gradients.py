"""Compiled loops that take gradients back through neurons and the batch norm before them; see ``kernels``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autosnn_ray.spiking.compiling import compiled
from autosnn_ray.spiking.kernels import BLOCK, add, currents, fill
from autosnn_ray.spiking.surrogates import SQRT_PI

SLOPES = {"atan": 0, "super": 1, "triangle": 2, "tanh": 3, "circ": 4, "heavi_erfc": 5}
"""The number that the loops know a surrogate by."""


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
            # 1 - tanh^2 = 1 / cosh^2; where exp overflows, 0.
            grown = math.exp((h[i] - threshold) * alpha)
            cosh = (grown + one / grown) / two
            s[i] = one / (cosh * cosh)
    elif kind == 4:
        for i in range(len(s)):
            square = (h[i] - threshold) * (h[i] - threshold)
            root = math.sqrt(alpha * alpha + square)
            s[i] = (one / (two * root) - square / (two * root * root * root)) * two * alpha
    else:
        for i in range(len(s)):
            scaled = alpha * (h[i] - threshold)
            s[i] = two * math.exp(-scaled * scaled) / s.dtype.type(SQRT_PI)


@compiled
def _back(g: Any, slope: Any, h: Any, before: Any, neuron: Any, later: Any, to_input: Any, to_decay: Any) -> None:
    """Takes gradients back over one step.

    Args:
        g: dL/dspikes of this step.
        slope: The surrogate's derivative at this step.
        h: The voltage before the reset at this step.
        before: The same at the step before.
        neuron: See ``forward``.
        later: dL/dh of the step after; turned into this step's. A spike here cut the two apart.
        to_input: Where dL/dinput is written.
        to_decay: Where dL/dh * dh/ddecay is added: ``x + v_reset - v``, taken times decay as ``h - v``; or
            ``v_reset - v``.
    """
    decay, _, fires_from, v_reset, divided = neuron
    one, zero = g.dtype.type(1), g.dtype.type(0)
    keeps = one - decay
    if divided:
        for i in range(len(g)):
            now, last = h[i], before[i]
            passed = zero if now >= fires_from else later[i] * keeps
            whole = slope[i] * g[i] + passed
            later[i] = whole
            to_input[i] = whole * decay
            to_decay[i] += whole * (now - (v_reset if last >= fires_from else last))
    else:
        for i in range(len(g)):
            now, last = h[i], before[i]
            passed = zero if now >= fires_from else later[i] * keeps
            whole = slope[i] * g[i] + passed
            later[i] = whole
            to_input[i] = whole
            to_decay[i] += whole * (v_reset - (v_reset if last >= fires_from else last))


@compiled
def _moments(g: Any, y: Any, mean: Any, first: Any, second: Any) -> None:
    for i in range(len(g)):
        first[i] += g[i]
        second[i] += g[i] * (y[i] - mean[i])


@compiled
def _by_channel(values: Any, start: int, inner: int, sums: Any) -> None:
    """Adds each neuron's value to its channel's sum; ``inner`` neurons of a channel lie next to each other."""
    i = 0
    while i < len(values):
        row = (start + i) // inner
        channel = row % len(sums)
        if inner == 1:
            run = min(len(sums) - channel, len(values) - i)
            for k in range(run):
                sums[channel + k] += values[i + k]
        else:
            run = min(inner * (row + 1) - start, len(values)) - i
            for k in range(run):
                sums[channel] += values[i + k]
        i += run


@compiled
def _advance(x: Any, v: Any, h: Any, neuron: Any) -> None:
    """Runs one step anew, as ``advance`` does, and keeps the voltage before the reset."""
    decay, _, fires_from, v_reset, divided = neuron
    if divided:
        for i in range(len(h)):
            now = v[i]
            h[i] = now + decay * ((x[i] + v_reset) - now)
            v[i] = v_reset if h[i] >= fires_from else h[i]
    else:
        for i in range(len(h)):
            now = v[i]
            h[i] = (now - (now - v_reset) * decay) + x[i]
            v[i] = v_reset if h[i] >= fires_from else h[i]


@compiled
def backward(
    first: int, last: int, y: Any, norm: Any, r: Any, r_norm: Any, neuron: Any, surrogate: Any, gradient: Any,
    means: Any, inner: int, grad_x: Any, grad_decay: Any, sums: Any,
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
        inner: How many neurons of a channel lie next to each other.
        grad_x: Where dL/dinput is written, summed over time where ``y`` has one step.
        grad_decay: Where dL/ddecay of each sample is written.
        sums: Where, for each sample, dL/dinput is summed over each channel: alone, times ``y`` less its mean, and
            times ``r`` less its mean.
    """
    decay, threshold, _, v_reset, divided = neuron
    kind, alpha = surrogate
    steps, _, length = gradient.shape
    zero = gradient.dtype.type(0)
    h = np.empty((steps + 1, BLOCK), dtype=gradient.dtype)
    rooms, kept = np.empty((5, BLOCK), dtype=gradient.dtype), np.empty((5, BLOCK), dtype=gradient.dtype)
    moves, has_r, static = int(len(y) > 1), r.size > 0, len(y) == 1
    through = has_r or len(norm[0]) > 0
    fill(h[0], v_reset)  # before the first step
    for n in range(first, last):
        total = 0.0
        for start in range(0, length, BLOCK):
            end = min(start + BLOCK, length)
            w = end - start
            x, v, term, slope, unused = rooms[0, :w], rooms[1, :w], rooms[2, :w], rooms[3, :w], rooms[4, :w]
            later, along, alone, with_y, with_r = kept[0, :w], kept[1, :w], kept[2, :w], kept[3, :w], kept[4, :w]
            fill(v, v_reset)
            for t in range(steps):
                given = y[t * moves, n, start:end]
                if through:
                    shortcut = r[t, n, start:end] if has_r else term
                    currents(given, norm, shortcut, r_norm, has_r, start, end, x, term)
                _advance(x if through else given, v, h[t + 1, :w], neuron)
            for row in range(len(kept)):
                fill(kept[row], zero)
            if static:
                fill(grad_x[0, n, start:end], zero)
            for t in range(steps - 1, -1, -1):
                _slope(kind, h[t + 1, :w], threshold, alpha, slope)
                given = x if static else grad_x[t, n, start:end]
                _back(gradient[t, n, start:end], slope, h[t + 1, :w], h[t, :w], neuron, later, given, along)
                if static:
                    add(grad_x[0, n, start:end], given)
                if len(means[0]):
                    _moments(given, y[t * moves, n, start:end], means[0][start:end], alone, with_y)
                if len(means[1]):
                    # Alone was summed above, unless the shortcut's is the only batch norm.
                    _moments(given, r[t, n, start:end], means[1][start:end], unused if len(means[0]) else alone, with_r)
            for row in range(3):
                _by_channel(kept[2 + row, :w], start, inner, sums[n, row])
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
