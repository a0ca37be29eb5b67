"""Images sheared, moved and turned, each by an amount of its own.

Written with gathers: `keras.ops.image.affine_transform` does not compile under XLA on
the TensorFlow backend.
"""

import math
from collections.abc import Callable
from typing import Any

from keras import ops

Tensor = Any

OPERATIONS = ("shear_x", "shear_y", "translate_x", "translate_y", "rotate")
# What is shown where an image does not reach.
GREY = 128.0


def move(images: Tensor, amount: Callable[[str], Tensor]) -> Tensor:
    """Moves the pixels of each image.

    Shears interpolate by cubic convolution along the axis they act on; the others take
    the nearest pixel.

    Args:
        images: Whole numbers from 0 to 255, `(batch, height, width, channels)`.
        amount: Function from one of `OPERATIONS` to float32 `(batch,)`: the slope of a
            shear, the share of the width or height of a translation, or degrees
            against the clock; 0 for images that stay as they are.

    Returns:
        Whole numbers from 0 to 255, of the same shape.
    """
    batch, height, width, channels = ops.shape(images)
    x, y = _sources(amount, height, width)
    inside = ops.logical_and(
        ops.logical_and(x >= 0, x < width), ops.logical_and(y >= 0, y < height)
    )
    # The one axis that is interpolated, as numbers: 1 yes, 0 no.
    along_x = ops.cast(amount("shear_x") != 0, "float32")[:, None, None]
    along_y = ops.cast(amount("shear_y") != 0, "float32")[:, None, None]
    # A cubic's places count from centres of pixels, where the fraction is 0.
    left = ops.floor(x - 0.5 * along_x)
    top = ops.floor(y - 0.5 * along_y)
    fraction = along_x * (x - 0.5 - left) + along_y * (y - 0.5 - top)
    pixels = ops.reshape(images, (-1, channels))
    first = ops.arange(batch)[:, None, None] * (height * width)

    def tap(step: int) -> Tensor:
        column = ops.clip(left + step * along_x, 0, width - 1)
        row = ops.clip(top + step * along_y, 0, height - 1)
        index = first + ops.cast(row * width + column, "int32")
        return ops.take(pixels, index, axis=0)

    moved = _cubic(tap(-1), tap(0), tap(1), tap(2), fraction[..., None])
    moved = ops.floor(ops.clip(moved, 0.0, 255.0))
    return ops.where(inside[..., None], moved, GREY)


def _sources(
    amount: Callable[[str], Tensor], height: int, width: int
) -> tuple[Tensor, Tensor]:
    """Where each pixel comes from; corners of pixels are whole numbers."""

    def each(values: Tensor) -> Tensor:
        return values[:, None, None]

    x = ops.arange(width, dtype="float32")[None, None, :] + 0.5
    y = ops.arange(height, dtype="float32")[None, :, None] + 0.5
    angle = each(amount("rotate")) * (math.pi / 180)
    cosine, sine = ops.cos(angle), ops.sin(angle)
    from_centre_x, from_centre_y = x - width / 2, y - height / 2
    source_x = (
        cosine * from_centre_x
        + (each(amount("shear_x")) * y - sine * from_centre_y)
        + (width / 2 + each(amount("translate_x")) * width)
    )
    source_y = (
        cosine * from_centre_y
        + (each(amount("shear_y")) * x + sine * from_centre_x)
        + (height / 2 + each(amount("translate_y")) * height)
    )
    return source_x, source_y


def _cubic(a: Tensor, b: Tensor, c: Tensor, d: Tensor, fraction: Tensor) -> Tensor:
    """Cubic convolution (a = -1) between `b` and `c`; `b` where the fraction is 0."""
    slope, bend, twist = c - a, 2.0 * (a - b) + c - d, b - a - c + d
    return b + fraction * (slope + fraction * (bend + fraction * twist))
