"""Back from the order that compresses well to the bytes of a file.

none      the bytes themselves
planes2   the first bytes of all 2-byte numbers, then the second ones
planes4   the same for 4-byte numbers
nonzero   a bit per byte, lowest bit first: is it not 0? Then the bytes that are not
"""

import numpy as np

from .errors import BundleError

NONE = "none"
PLANES2 = "planes2"
PLANES4 = "planes4"
NONZERO = "nonzero"
TRANSFORMS = (NONE, PLANES2, PLANES4, NONZERO)


def restore(stream: bytes, size: int, transform: str) -> bytes:
    """Returns the `size` bytes that were reordered into `stream`.

    Raises:
        BundleError: when the stream cannot come from so many bytes.
    """
    if transform == NONZERO:
        return _restore_nonzero(np.frombuffer(stream, np.uint8), size)
    width = {PLANES2: 2, PLANES4: 4}.get(transform, 1)
    if len(stream) != size or size % width:
        raise BundleError(
            f"Expected {size} bytes in numbers of {width}. Received: {len(stream)} "
            "bytes in a part"
        )
    planes = np.frombuffer(stream, np.uint8).reshape(width, -1)
    return planes.T.tobytes()


def _restore_nonzero(stream: np.ndarray, size: int) -> bytes:
    bitmap, values = np.split(stream, [-(-size // 8)])
    bits = np.unpackbits(bitmap, bitorder="little").astype(bool)
    if bits.size < size or bits[size:].any() or bits.sum() != values.size:
        raise BundleError(
            f"Expected a bit for each of {size} bytes and those that are not 0. "
            f"Received: {stream.size} bytes in a part"
        )
    content = np.zeros(size, np.uint8)
    content[bits[:size]] = values
    return content.tobytes()
