"""Orders of bytes that compress better; `export.bundle_reader` undoes them."""

import numpy as np

from export.bundle_reader.transforms import NONZERO, PLANES2, PLANES4


def forward(content: bytes, transform: str) -> list[bytes]:
    """Returns the bytes in the order of a transform, in stretches of one kind.

    Each stretch deserves an entropy code of its own: the high bytes of numbers are
    alike, the low ones are noise.

    Example:

    >>> forward(b"abcd", "planes2")
    [b'ac', b'bd']
    >>> [list(stretch) for stretch in forward(bytes([0, 7, 0, 9]), "nonzero")]
    [[10], [7, 9]]
    """
    values = np.frombuffer(content, np.uint8)
    if transform == NONZERO:
        bitmap = np.packbits(values != 0, bitorder="little")
        return [bitmap.tobytes(), values[values != 0].tobytes()]
    width = {PLANES2: 2, PLANES4: 4}.get(transform, 1)
    return [plane.tobytes() for plane in values.reshape(-1, width).T]
