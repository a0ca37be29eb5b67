"""Where the weights lie in a `.tflite` file.

The file is a flatbuffer. Only three of its tables matter here, so they are read by
hand: the root's vector of buffers (field 4), and each buffer's bytes (field 0).
"""

import struct

_U16 = struct.Struct("<H")
_U32 = struct.Struct("<I")
_I32 = struct.Struct("<i")
_ROOT_BUFFERS = 4
_BUFFER_DATA = 0

# Shorter ones, such as biases and shapes, are better off with what surrounds them:
# a part of its own costs about 80 bytes.
SMALLEST_BUFFER = 1024


def weight_ranges(content: bytes) -> list[tuple[int, int]]:
    """Returns start and length of each long buffer, by start, none overlapping.

    Raises:
        ValueError: when the bytes are not a readable `.tflite` file.

    Example:

    >>> weight_ranges(b"no model")
    Traceback (most recent call last):
    ValueError: Expected a .tflite file (b'TFL3' at byte 4). Received: b'no model'
    """
    if content[4:8] != b"TFL3":
        raise ValueError(
            f"Expected a .tflite file (b'TFL3' at byte 4). Received: {content[:8]!r}"
        )
    try:
        found = sorted(_buffers(content))
    except struct.error as error:
        raise ValueError(f"The .tflite file is damaged: {error}") from error
    ranges, end = [], 0
    for start, length in found:
        if length >= SMALLEST_BUFFER and start >= end:
            ranges.append((start, length))
            end = start + length
    return ranges


def _buffers(content: bytes) -> list[tuple[int, int]]:
    root = _U32.unpack_from(content, 0)[0]
    vector = _field(content, root, _ROOT_BUFFERS)
    if vector is None:
        return []
    vector += _U32.unpack_from(content, vector)[0]
    found = []
    for i in range(min(_U32.unpack_from(content, vector)[0], len(content) // 4)):
        entry = vector + 4 + 4 * i
        data = _field(
            content, entry + _U32.unpack_from(content, entry)[0], _BUFFER_DATA
        )
        if data is not None:
            data += _U32.unpack_from(content, data)[0]
            length = _U32.unpack_from(content, data)[0]
            if data + 4 + length > len(content):
                raise struct.error(f"a buffer of {length} bytes at byte {data}")
            found.append((data + 4, length))
    return found


def _field(content: bytes, table: int, number: int) -> int | None:
    """Returns where a field of a table lies; `None` when the table lacks it."""
    vtable = table - _I32.unpack_from(content, table)[0]
    if vtable < 0:
        raise struct.error(f"a table at byte {table} without its fields")
    slot = 4 + 2 * number
    if slot + 2 > _U16.unpack_from(content, vtable)[0]:
        return None
    offset = _U16.unpack_from(content, vtable + slot)[0]
    return table + offset if offset else None
