"""Orders of bytes that compress better; `bundle_reader` undoes them."""

from collections.abc import Sequence

import numpy as np

from hypermask_tf.export.bundle_reader.transforms import (
    GROUPED,
    NONZERO,
    PLANES2,
    PLANES4,
    groups,
)


def forward(
    content: bytes, transform: str, references: Sequence[bytes] = ()
) -> list[bytes]:
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
    if transform in (NONZERO, GROUPED):
        stretches = []
        for places in groups(values.size, references):
            group = values[places]
            stretches.append(np.packbits(group != 0, bitorder="little").tobytes())
            stretches.append(group[group != 0].tobytes())
        return stretches
    width = {PLANES2: 2, PLANES4: 4}.get(transform, 1)
    return [plane.tobytes() for plane in values.reshape(-1, width).T]
