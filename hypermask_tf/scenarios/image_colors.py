"""Images with other colours, each by an operation and an amount of its own.

Whole numbers from 0 to 255 in, and out. What an operation does is what the Python
Imaging Library does, whose results AutoAugment's policies were found with. (Keras's
`Equalization` makes one histogram of a whole batch, and does not compile under XLA on
the TensorFlow backend.)
"""

from typing import Any

from keras import ops

Tensor = Any

# Luma of red, green and blue, in parts of 2**16.
_LUMA = (19595.0, 38470.0, 7471.0)


def grey(images: Tensor) -> Tensor:
    """Brightness as the eye has it, `(batch, height, width, 1)`."""
    if images.shape[-1] == 1:
        return images
    parts = [images[..., i : i + 1] * part for i, part in enumerate(_LUMA)]
    return ops.floor((parts[0] + parts[1] + parts[2] + 2.0**15) / 2.0**16)


def smooth(images: Tensor) -> Tensor:
    """A mean over 3x3 pixels, the middle one five times; borders stay."""
    _, height, width, _ = ops.shape(images)
    total = 4.0 * images[:, 1:-1, 1:-1]
    for row in range(3):
        for column in range(3):
            total = (
                total + images[:, row : height - 2 + row, column : width - 2 + column]
            )
    inner = ops.floor(total / 13.0 + 0.5)
    border = [[0, 0], [1, 1], [1, 1], [0, 0]]
    inside = ops.pad(ops.ones_like(inner), border)
    return ops.where(inside > 0, ops.pad(inner, border), images)


def blend(other: Tensor, images: Tensor, factor: Tensor) -> Tensor:
    """`other` at factor 0, the images at 1, beyond them above."""
    return ops.floor(ops.clip(other + factor * (images - other), 0.0, 255.0))


def auto_contrast(images: Tensor) -> Tensor:
    """Stretches each channel of each image over all values."""
    low = ops.min(images, axis=(1, 2), keepdims=True)
    span = ops.max(images, axis=(1, 2), keepdims=True) - low
    # Quotients are multiples of 1/255 or more: the small number only heals rounding.
    stretched = ops.floor((images - low) * 255.0 / ops.maximum(span, 1.0) + 1e-3)
    return ops.where(span > 0, stretched, images)


def equalize(images: Tensor) -> Tensor:
    """Gives each channel of each image a flat histogram, as far as it can be."""
    batch, height, width, channels = ops.shape(images)
    # Each channel of each image has a histogram of its own, all in one row.
    own = ops.arange(batch)[:, None] * channels + ops.arange(channels)[None]
    place = own[:, None, None, :] * 256 + ops.cast(images, "int32")
    flat = ops.reshape(place, (-1,))
    counts = ops.segment_sum(
        ops.ones_like(flat, dtype="float32"), flat, batch * channels * 256
    )
    counts = ops.reshape(counts, (batch, channels, 256))
    darker = ops.cumsum(counts, axis=-1) - counts
    brightest = ops.max(images, axis=(1, 2), keepdims=True)
    at_brightest = ops.sum(
        ops.cast(images == brightest, "float32"), axis=(1, 2), keepdims=True
    )
    step = ops.floor((height * width - at_brightest + 0.5) / 255.0)
    rank = ops.reshape(
        ops.take(ops.reshape(darker, (-1,)), flat), (batch, height, width, channels)
    )
    whole = ops.maximum(step, 1.0)
    # Halves keep quotients of whole numbers clear of the next one.
    even = ops.floor((ops.floor(step / 2.0) + rank + 0.5) / whole)
    return ops.where(step > 0, ops.minimum(even, 255.0), images)


def posterize(images: Tensor, bits: Tensor) -> Tensor:
    """Keeps only the highest bits of each value."""
    size = ops.power(2.0, 8.0 - bits)
    return ops.floor(images / size) * size


def solarize(images: Tensor, threshold: Tensor) -> Tensor:
    """Inverts what is not darker than a threshold."""
    return ops.where(images < threshold, images, 255.0 - images)
