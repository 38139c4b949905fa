"""The compiled loop of a convolution event by event: sums of a few pixels stay in registers while spikes are added.

The weights that a spike adds along a row of the image lie next to each other, and so do the results: what a spike does
to ``kernel`` pixels is one addition of a row. A block of output channels is as wide as registers hold such a row. Numba
cannot be told to keep an array in registers, so that addition, and the search for spikes, are written for LLVM.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autosnn_ray.spiking.compiling import compiled

VECTOR_BYTES = 32
"""What one register holds; a processor with narrower ones takes two."""

_REGISTERS = 14
"""Registers that hold sums; common processors have 16 or 32, and weights and spike need some."""

_INDEX, _LANE = ir.IntType(64), ir.IntType(32)


def block_of(kernel: int, out_channels: int, number_bytes: int) -> int:
    """Returns how many output channels are summed at a time: all in equal parts, a row of each part in registers."""
    lanes = VECTOR_BYTES // number_bytes
    vectors = -(-out_channels // lanes)
    parts = -(-vectors // max(1, _REGISTERS // kernel))
    return -(-vectors // parts) * lanes


def _lanes(number: ir.Type) -> int:
    return VECTOR_BYTES // (4 if isinstance(number, ir.FloatType) else 8)


def _data(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    return context.make_array(kind)(context, builder, value).data


def _load(builder: Any, start: Any, offset: int, lanes: int) -> Any:
    pointer = builder.gep(start, [ir.Constant(_INDEX, offset)])
    loaded = builder.load(builder.bitcast(pointer, ir.VectorType(start.type.pointee, lanes).as_pointer()))
    loaded.align = VECTOR_BYTES // lanes  # arrays begin anywhere
    return loaded


@intrinsic(prefer_literal=True)
def _add_events(
    typing: Any, sums: Any, start: Any, weights: Any, base: Any, firing: Any, values: Any, lo: Any, hi: Any, many: Any
) -> Any:
    """Adds the weights of events ``lo`` to ``hi``, of which there is one at least, to so many vectors of sums."""
    signature = types.void(sums, start, weights, base, firing, values, lo, hi, many)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds, vectors = signature.args, many.literal_value
        target, table, channel, value = (_data(context, builder, kinds[i], arguments[i]) for i in (0, 2, 4, 5))
        lanes = _lanes(target.type.pointee)
        target = builder.gep(target, [arguments[1]])
        before = builder.block
        found = [_load(builder, target, j * lanes, lanes) for j in range(vectors)]
        body, done = builder.append_basic_block("events"), builder.append_basic_block("done")
        builder.branch(body)
        builder.position_at_end(body)
        event = builder.phi(_INDEX)
        event.add_incoming(arguments[6], before)
        held = [builder.phi(one.type) for one in found]
        for one, of in zip(held, found, strict=True):
            one.add_incoming(of, before)
        line = builder.mul(builder.load(builder.gep(channel, [event])), ir.Constant(_INDEX, vectors * lanes))
        line = builder.gep(table, [builder.add(arguments[3], line)])
        spike = builder.load(builder.gep(value, [event]))
        nothing = ir.Constant(held[0].type, ir.Undefined)
        spike = builder.insert_element(nothing, spike, ir.Constant(_LANE, 0))
        spike = builder.shuffle_vector(spike, nothing, ir.Constant(ir.VectorType(_LANE, lanes), [0] * lanes))
        grown = []
        for j, one in enumerate(held):
            term = builder.fmul(spike, _load(builder, line, j * lanes, lanes), flags=("contract",))
            grown.append(builder.fadd(one, term, flags=("contract",)))
        following = builder.add(event, ir.Constant(_INDEX, 1))
        event.add_incoming(following, body)
        for one, of in zip(held, grown, strict=True):
            one.add_incoming(of, body)
        builder.cbranch(builder.icmp_signed("<", following, arguments[7]), body, done)
        builder.position_at_end(done)
        for j, one in enumerate(grown):
            pointer = builder.gep(target, [ir.Constant(_INDEX, j * lanes)])
            builder.store(one, builder.bitcast(pointer, one.type.as_pointer())).align = VECTOR_BYTES // lanes
        return context.get_dummy_value()

    return signature, generate


@compiled
def _find(x: Any, channels: int, limit: int, begin: Any, firing: Any, values: Any) -> int:
    """Lists the spikes of a sample, pixel by pixel, until they are more than ``limit``; returns how many."""
    found = 0
    for at in range(len(begin) - 1):
        begin[at] = found
        for c in range(channels):  # without a branch, which would be guessed wrong at every spike
            firing[found] = c
            values[found] = x[at * channels + c]
            found += int(x[at * channels + c] != 0)
        if found > limit:
            break
    begin[-1] = found
    return found


@cache
def event_loop(block: int, kernel: int, number_bytes: int) -> Callable[..., None]:
    """Compiles the loop for a block of channels and a kernel.

    It is called with the first sample; the sample after the last; spikes ``(N, H * W * C)``; weights, flat, in the
    order of part, row of the kernel, input channel, column of the kernel from right to left, output channel; the
    result ``(N, H * W, C')``, C' a multiple of the block; C; W; how many spikes a sample may have; and room to say,
    ``(N,)``, which samples had more and were left out.
    """
    lanes = VECTOR_BYTES // number_bytes
    row = kernel * block
    vectors = row // lanes

    @partial(compiled, contracted=True)
    def run(
        first: int, last: int, x: Any, weights: Any, out: Any, channels: int, width: int, limit: int, busy: Any
    ) -> None:
        margin, height = kernel // 2, out.shape[1] // width
        wide = width + 2 * margin
        sums = np.empty(height * wide * block, dtype=x.dtype)  # with a margin at both sides: no spike is at an edge
        begin = np.empty(height * width + 1, dtype=np.int64)
        firing = np.empty(limit + channels + 1, dtype=np.int64)
        values = np.empty(limit + channels + 1, dtype=x.dtype)
        for n in range(first, last):
            busy[n] = _find(x[n], channels, limit, begin, firing, values) > limit
            if busy[n]:
                continue
            for part in range(out.shape[2] // block):
                sums[:] = 0
                for k in range(kernel):
                    base = (part * kernel + k) * channels * row
                    at, start = max(0, k - margin) * width, max(0, margin - k) * wide * block
                    for _ in range(height - abs(k - margin)):  # of the spikes' rows, those that reach a row
                        for _ in range(width):
                            if begin[at] < begin[at + 1]:
                                _add_events(
                                    sums, start, weights, base, firing, values, begin[at], begin[at + 1], vectors
                                )
                            at += 1
                            start += block
                        start += 2 * margin * block
                for y in range(height):
                    start = (y * wide + margin) * block
                    for at in range(y * width, (y + 1) * width):
                        for i in range(block):
                            out[n, at, part * block + i] = sums[start + i]
                        start += block

    return cast(Callable[..., None], run)
