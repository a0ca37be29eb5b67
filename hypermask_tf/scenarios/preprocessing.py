"""From raw pixels to network inputs, as told by a JSON-able description."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def preprocess(
    raw: npt.ArrayLike, preprocessing: Mapping[str, Any]
) -> npt.NDArray[np.float32]:
    """Turns raw images into inputs of the network.

    Every scenario makes its arrays with this function and hands the same
    description on to exported models, so what a manifest says is what was done.
    The steps, each left out where its key is absent:

    1. `padding`: that many raw zeros on each side of height and width.
    2. `permutation`: pixel `i` of the result, counted row by row, is pixel
       `permutation[i]` of the padded image. Channels of a pixel stay together.
    3. `scale`, `offset`: `raw * scale + offset` in float32, where both are one
       number or one per channel.

    Args:
        raw: Raw images.
        preprocessing: `task.preprocessing` of any task.

    Input shape:
        `(n, height, width, channels)`.

    Output shape:
        `(n, height + 2 * padding, width + 2 * padding, channels)`, float32.

    Raises:
        ValueError: If `raw` does not have four axes.

    Example:

    >>> from hypermask_tf.scenarios import preprocess
    >>> steps = {"scale": 0.5, "offset": -1.0, "padding": 1}
    >>> preprocess([[[[4]]]], steps)[0, :, :, 0].tolist()
    [[-1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, -1.0]]
    """
    images = np.asarray(raw)
    if images.ndim != 4:
        raise ValueError(
            "Expected raw images of shape (n, height, width, channels). Received: "
            f"raw.shape={images.shape}. Add the missing axes, for example with "
            "`raw[np.newaxis]` for one image."
        )
    # Padding and permuting come first because they are cheap on single bytes.
    padding = preprocessing.get("padding", 0)
    if padding:
        border = (padding, padding)
        images = np.pad(images, ((0, 0), border, border, (0, 0)))
    permutation = preprocessing.get("permutation")
    if permutation is not None:
        pixels = images.reshape(images.shape[0], -1, images.shape[3])
        images = np.take(pixels, permutation, axis=1).reshape(images.shape)
    inputs = images.astype(np.float32)
    inputs *= np.asarray(preprocessing.get("scale", 1.0), np.float32)
    inputs += np.asarray(preprocessing.get("offset", 0.0), np.float32)
    return inputs


def standardization(
    mean: float | Sequence[float],
    std: float | Sequence[float],
    raw_max: float,
    channels: int,
) -> tuple[float | list[float], float | list[float]]:
    """Returns the `(scale, offset)` that make `(raw / raw_max - mean) / std`.

    Args:
        mean: Mean of the pixels in units of 0 to 1: one number, or one per channel.
        std: Standard deviation, likewise.
        raw_max: The raw value that stands for 1.
        channels: Number of channels of the images.

    Returns:
        Two numbers, or two lists with one number per channel.

    Raises:
        ValueError: If a list does not have one number per channel, or a deviation
            is not positive.

    Example:

    >>> from hypermask_tf.scenarios.preprocessing import standardization
    >>> standardization(0.5, 0.25, 16, channels=1)
    (0.25, -2.0)
    """
    mean_array, std_array = np.asarray(mean, float), np.asarray(std, float)
    for name, array in (("mean", mean_array), ("std", std_array)):
        if array.shape not in ((), (channels,)):
            raise ValueError(
                f"Expected `{name}` to be one number or {channels}, one per channel. "
                f"Received: {name}={array.tolist()}. Give as many as the images have."
            )
    if not np.all(std_array > 0):
        raise ValueError(
            f"Expected positive deviations. Received: std={std_array.tolist()}. Use 1 "
            "to leave the pixels as they are."
        )
    # Adding zeros of the other's shape makes both numbers, or both lists.
    scale = 1.0 / (raw_max * std_array) + 0.0 * mean_array
    # `0.0 -` rather than a minus sign: no negative zero in a manifest.
    offset = 0.0 - mean_array / std_array
    return scale.tolist(), offset.tolist()
