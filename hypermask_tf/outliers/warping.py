"""Images bent out of shape."""

from typing import Any

import keras
import numpy as np
from keras import ops

Tensor = Any
# Points along a side at which a displacement is drawn.
_POINTS = 4


def warp(images: Tensor, strength: float, seed: Any) -> Tensor:
    """Moves pixels by a smooth random field, another one for every image.

    At 4×4 points the displacement along either axis is drawn from a normal
    distribution; in between it is interpolated linearly. Every pixel is that of the
    nearest place in the image, or on its edge where the field leads beyond.

    Args:
        images: `(batch, height, width, channels)`, height and width known.
        strength: Deviation of the displacement, as a share of the side.
        seed: A `keras.random.SeedGenerator`.

    Returns:
        Images of the same shape.
    """
    batch, height, width, channels = ops.shape(images)
    field = keras.random.normal((2, batch, _POINTS, _POINTS), seed=seed)
    down, across = _interpolation(height), _interpolation(width)
    field = strength * ops.matmul(ops.matmul(down, field), across.T)
    rows = _places(field[0], height, np.arange(height)[:, None])
    columns = _places(field[1], width, np.arange(width)[None, :])
    # One gather of whole pixels out of the flattened batch.
    first = ops.arange(batch)[:, None, None] * (height * width)
    index = first + rows * width + columns  # (batch, height, width)
    return ops.take(ops.reshape(images, (-1, channels)), index, axis=0)


def _places(shares: Tensor, side: int, start: np.ndarray) -> Tensor:
    """Where pixels come from along an axis; int32 `(batch, height, width)`."""
    moved = ops.round(start.astype("float32") + side * shares)
    return ops.cast(ops.clip(moved, 0, side - 1), "int32")


def _interpolation(side: int) -> np.ndarray:
    """From values at the points to values at all places, `(side, points)`."""
    places = np.linspace(0, _POINTS - 1, side)[:, None]
    return np.maximum(0, 1 - np.abs(places - np.arange(_POINTS))).astype("float32")
