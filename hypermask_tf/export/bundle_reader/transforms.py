"""Back from the order that compresses well to the bytes of a file.

none      the bytes themselves
planes2   the first bytes of all 2-byte numbers, then the second ones
planes4   the same for 4-byte numbers
nonzero   a bit per byte, lowest bit first: is it not 0? Then the bytes that are not
grouped   the same for each group of places that an earlier task's weights are alike in
"""

from collections.abc import Sequence

import numpy as np

from .errors import BundleError

NONE = "none"
PLANES2 = "planes2"
PLANES4 = "planes4"
NONZERO = "nonzero"
GROUPED = "grouped"
TRANSFORMS = (NONE, PLANES2, PLANES4, NONZERO, GROUPED)

# A group for each eighth value of an int8 weight, and one for what nobody used.
_SHIFT = 3
_UNUSED = -17
MAX_GROUPS = 33


def restore(
    stream: bytes, size: int, transform: str, references: Sequence[bytes] = ()
) -> bytes:
    """Returns the `size` bytes that were reordered into `stream`.

    Args:
        stream: the bytes as they came out of zstd.
        size: how many bytes the part has.
        transform: one of `TRANSFORMS`.
        references: the parts that form the groups of `"grouped"`, oldest first, each
            of `size` bytes.

    Raises:
        BundleError: when the stream cannot come from so many bytes.
    """
    if transform in (NONZERO, GROUPED):
        return _restore_groups(np.frombuffer(stream, np.uint8), size, references)
    width = {PLANES2: 2, PLANES4: 4}.get(transform, 1)
    if len(stream) != size or size % width:
        raise BundleError(
            f"Expected {size} bytes in numbers of {width}. Received: {len(stream)} "
            "bytes in a part"
        )
    planes = np.frombuffer(stream, np.uint8).reshape(width, -1)
    return planes.T.tobytes()


def groups(size: int, references: Sequence[bytes]) -> list[np.ndarray]:
    """Returns the places of each group in rising order; no group is empty.

    The latest reference in which a byte is not 0, read as int8 and divided by 8
    (rounded down), names the group of its place. Places that are 0 in all references
    come first; without references they are all there is.
    """
    names = np.full(size, _UNUSED, np.int8)
    for reference in references:
        weights = np.frombuffer(reference, np.int8)
        names = np.where(weights != 0, weights >> _SHIFT, names)
    order = np.argsort(names, kind="stable")
    starts = np.flatnonzero(np.diff(names[order])) + 1
    return [places for places in np.split(order, starts) if places.size]


def _restore_groups(
    stream: np.ndarray, size: int, references: Sequence[bytes]
) -> bytes:
    content = np.zeros(size, np.uint8)
    start = 0
    for places in groups(size, references):
        end = start + -(-places.size // 8)
        bits = np.unpackbits(stream[start:end], bitorder="little").astype(bool)
        start = end + int(bits.sum())
        if start > stream.size or bits.size < places.size or bits[places.size :].any():
            break
        content[places[bits[: places.size]]] = stream[end:start]
    else:
        if start == stream.size:
            return content.tobytes()
    raise BundleError(
        f"Expected a bit for each of {size} bytes and those that are not 0. "
        f"Received: {stream.size} bytes in a part"
    )
