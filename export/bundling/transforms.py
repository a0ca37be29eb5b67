"""Orders of bytes that compress better; `export.bundle_reader` undoes them."""

import numpy as np

from export.bundle_reader.transforms import NONZERO, PLANES2, PLANES4


def forward(content: bytes, transform: str) -> bytes:
    """Returns the bytes in the order of a transform.

    Example:

    >>> forward(b"abcd", "planes2"), forward(bytes([0, 7, 0, 9]), "nonzero")
    (b'acbd', b'\\n\\x07\\t')
    """
    values = np.frombuffer(content, np.uint8)
    if transform == NONZERO:
        bitmap = np.packbits(values != 0, bitorder="little")
        return bitmap.tobytes() + values[values != 0].tobytes()
    width = {PLANES2: 2, PLANES4: 4}.get(transform, 1)
    return values.reshape(-1, width).T.tobytes()
