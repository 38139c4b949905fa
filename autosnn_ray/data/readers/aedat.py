"""AEDAT 2.0, 3.1 and 4.0, the formats of iniVation's cameras, read as their headers say."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from autosnn_ray.data.readers.event_arrays import EVENT, Events, events_of, unwrapped
from autosnn_ray.errors import InvalidInputError

_PACKET = struct.Struct("<hhiiiiii")
_POLARITY = 1
_CAMERAS: dict[bytes, tuple[int, int]] = {
    b"DVS128": (128, 128),
    b"DAVIS128": (128, 128),
    b"DAVIS208": (192, 208),
    b"DAVIS240": (180, 240),
    b"DAVIS346": (260, 346),
    b"DAVIS640": (480, 640),
    b"DVXPLORER": (480, 640),
}
"""Height and width of the cameras that AEDAT 3.1 names as its source."""


def aedat_2(path: Path) -> Events:
    """Reads AEDAT 2.0 of a DVS128 (CIFAR10-DVS), the picture upright and brighter being 1."""
    body = _split_header(path.read_bytes(), b"#!AER-DAT2.0")[1]
    if len(body) % 8:
        raise InvalidInputError(f"expected eight bytes an event, got {len(body)} bytes: the file is cut off")
    words = np.frombuffer(body, dtype=">u4").reshape(-1, 2)
    address = words[:, 0].astype(np.int64)
    if (address >> 16).any():
        raise InvalidInputError(
            "expected addresses of a DVS128, got those of another camera; convert the recording to AEDAT 4, or save "
            "x, y, t, p as .npz"
        )
    t = unwrapped(words[:, 1].astype(np.int64), 2**32)
    # Bit 15 marks signals from outside, such as a trigger: no pixel has sent them.
    pixels = address >> 15 == 0
    address, t = address[pixels], t[pixels]
    return events_of(127 - (address >> 8 & 0x7F), 127 - (address >> 1 & 0x7F), t, 1 - (address & 1))


def aedat_3(path: Path) -> Events:
    """Reads AEDAT 3.1 (DVS128-Gesture): its packets of polarity events, those that are marked as valid."""
    parts = [np.empty(0, dtype=EVENT)]
    for overflow, words in _polarity_packets(_split_header(path.read_bytes(), b"#!AER-DAT3.1")[1]):
        data, t = words[:, 0].astype(np.int64), words[:, 1].astype(np.int64)
        valid = data & 1 == 1
        data, t = data[valid], t[valid] + (overflow << 31)
        parts.append(events_of(data >> 17 & 0x7FFF, data >> 2 & 0x7FFF, t, data >> 1 & 1))
    return np.concatenate(parts)


def aedat_4(path: Path) -> Events:
    """Reads AEDAT 4.0: its one stream of events."""
    decoder = _decoder(path)
    stream, _ = _event_stream(decoder)
    packets = [packet["events"] for packet in decoder if packet["stream_id"] == stream]
    if not packets:
        return np.empty(0, dtype=EVENT)
    events = np.concatenate(packets)
    return events_of(events["x"], events["y"], events["t"], events["on"])


def aedat_sensor(path: Path) -> tuple[int, int] | None:
    """Returns height and width of the sensor, where the file says it; AEDAT 2.0 is read of the DVS128 alone."""
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(b"#!AER-DAT4"):
        return _event_stream(_decoder(path))[1]
    if start.startswith(b"#!AER-DAT2"):
        return 128, 128
    source = next((line for line in start.split(b"\n") if line.startswith(b"#Source")), b"").upper()
    return next((size for name, size in _CAMERAS.items() if name in source), None)


def aedat(path: Path) -> Events:
    """Reads ``.aedat`` or ``.aedat4`` of whichever version its first line names."""
    with path.open("rb") as file:
        start = file.read(12)
    readers = {b"#!AER-DAT2.0": aedat_2, b"#!AER-DAT3.1": aedat_3, b"#!AER-DAT4.0": aedat_4}
    if start not in readers:
        raise InvalidInputError(f"expected AEDAT 2.0, 3.1 or 4.0, got a file that starts with {start!r}")
    return readers[start](path)


def _split_header(content: bytes, first: bytes) -> tuple[bytes, bytes]:
    """Returns the lines of text that a file starts with, and what follows."""
    if not content.startswith(first):
        raise InvalidInputError(f"expected {first.decode()} in the first line, got {content[:14]!r}; copy it again")
    position = 0
    while content[position : position + 1] == b"#":
        end = content.find(b"\n", position) + 1
        if end == 0:
            raise InvalidInputError("the file is cut off in its header; copy it again")
        line, position = content[position:end], end
        if line.startswith((b"#!END-HEADER", b"#End Of ASCII")):
            break
    return content[:position], content[position:]


def _polarity_packets(body: bytes) -> Iterator[tuple[int, npt.NDArray[Any]]]:
    """Gives the overflow counter and the words ``(events, 2)`` of each packet of polarity events."""
    position = 0
    while position < len(body):
        if position + _PACKET.size > len(body):
            raise InvalidInputError("the file is cut off in a packet's header; copy it again")
        kind, _, size, offset, overflow, capacity, number, _ = _PACKET.unpack_from(body, position)
        position += _PACKET.size
        if kind < 0:
            raise InvalidInputError("expected packets as they are, got compressed ones; save the recording without")
        if size <= 0 or overflow < 0 or not 0 <= number <= capacity or (kind == _POLARITY and (size, offset) != (8, 4)):
            raise InvalidInputError(f"no packet of events stands at byte {position} after the header; copy it again")
        if position + number * size > len(body):
            raise InvalidInputError(
                f"the file is cut off: a packet promises {number} events, {(len(body) - position) // size} are there; "
                "copy it again"
            )
        if kind == _POLARITY:
            yield overflow, np.frombuffer(body, dtype="<u4", count=2 * number, offset=position).reshape(-1, 2)
        position += number * size


def _decoder(path: Path) -> Any:
    """Opens a file of AEDAT 4, once it is seen that it is whole."""
    import aedat

    _check_whole(path)
    return aedat.Decoder(str(path))


def _event_stream(decoder: Any) -> tuple[int, tuple[int, int]]:
    """Returns number, height and width of the one stream of events."""
    streams = decoder.id_to_stream()
    found = [(stream, about) for stream, about in streams.items() if about["type"] == "events"]
    if len(found) != 1:
        raise InvalidInputError(f"expected one stream of events, got {len(found)} of {len(streams)} streams")
    return found[0][0], (int(found[0][1]["height"]), int(found[0][1]["width"]))


def _check_whole(path: Path) -> None:
    """Reads the header and walks from packet to packet.

    The decoder says nothing of a file that ends between two packets, and a header of damaged text ends the process.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        if not file.readline(64).startswith(b"#!AER-DAT4.0"):
            raise InvalidInputError("expected #!AER-DAT4.0 in the first line; copy it again")
        length = struct.unpack("<I", file.read(4))[0]
        table = _read_header(file.read(length))
        position, end = file.tell(), table if table > 0 else size
        while position < end <= size:
            file.seek(position)
            position += 8 + struct.unpack("<iI", file.read(8))[1]
    if position != end:
        raise InvalidInputError(f"the file is cut off: {size} bytes, and its packets go on to {max(position, end)}")


def _read_header(header: bytes) -> int:
    """Sees that the text of a header is one, and returns where the table of all packets stands; -1: there is none."""
    table, text = _field(header, 1), _field(header, 2)
    if text == 0:
        raise InvalidInputError("expected a header that describes the streams; copy it again")
    text += struct.unpack_from("<I", header, text)[0]
    length = struct.unpack_from("<I", header, text)[0]
    header[text + 4 : text + 4 + length].decode("utf-8")
    return int(struct.unpack_from("<q", header, table)[0]) if table else -1


def _field(header: bytes, number: int) -> int:
    """Returns where a field of a flatbuffer stands, 0 where it is not there."""
    root = struct.unpack_from("<I", header)[0]
    fields = root - struct.unpack_from("<i", header, root)[0]
    if struct.unpack_from("<H", header, fields)[0] < 6 + 2 * number:
        return 0
    offset = struct.unpack_from("<H", header, fields + 4 + 2 * number)[0]
    return int(root + offset) if offset else 0
