"""From raw data to network inputs, as told by a JSON-able description."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hypermask_tf.scenarios.log_mel import log_mel


def preprocess(
    raw: npt.ArrayLike, preprocessing: Mapping[str, Any]
) -> npt.NDArray[Any]:
    """Turns raw samples into inputs of the network.

    Every scenario makes its arrays with this function and hands the same
    description on to exported models, so what a manifest says is what was done.
    The steps, each left out where its key is absent:

    1. `padding`: that many raw zeros on each side of height and width.
    2. `permutation`: pixel `i` of the result, counted row by row, is pixel
       `permutation[i]` of the padded image. Channels of a pixel stay together.
    3. `log_mel`: waves become logarithmic mel features, see
       `hypermask_tf.scenarios.log_mel`.
    4. `scale`, `offset`: `raw * scale + offset` in float32, where both are one
       number or one per channel, which is the last axis.

    With `dtype`, an integer type, samples are tokens: numbers that name something,
    and are neither scaled nor made floats.

    Args:
        raw: Raw samples: images, windows of a recording, rows of a table, tokens.
        preprocessing: `task.preprocessing` of any task.

    Input shape:
        `(n, ...)`; for images `(n, height, width, channels)`.

    Output shape:
        That of the input; with `padding`, height and width are
        `2 * padding` larger; with `log_mel`, `(n, frames, bands)`. float32, unless
        `dtype` says otherwise.

    Raises:
        ValueError: If `raw` has a single axis, or is to be padded or permuted and
            does not have four.

    Example:

    >>> from hypermask_tf.scenarios import preprocess
    >>> steps = {"scale": 0.5, "offset": -1.0, "padding": 1}
    >>> preprocess([[[[4]]]], steps)[0, :, :, 0].tolist()
    [[-1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, -1.0]]
    """
    samples = np.asarray(raw)
    pixels = {"padding", "permutation"} & set(preprocessing)
    if samples.ndim < 2 or (pixels and samples.ndim != 4):
        shape = "(n, height, width, channels)" if pixels else "(n, ...)"
        raise ValueError(
            f"Expected raw samples of shape {shape}. Received: "
            f"raw.shape={samples.shape}. Add the missing axes, for example with "
            "`raw[np.newaxis]` for one sample."
        )
    if "dtype" in preprocessing:
        return samples.astype(preprocessing["dtype"])
    if pixels:
        samples = _rearranged(samples, preprocessing)
    if "log_mel" in preprocessing:
        samples = log_mel(samples, **preprocessing["log_mel"])
    inputs = samples.astype(np.float32)
    inputs *= np.asarray(preprocessing.get("scale", 1.0), np.float32)
    inputs += np.asarray(preprocessing.get("offset", 0.0), np.float32)
    return inputs


def _rearranged(
    images: npt.NDArray[Any], preprocessing: Mapping[str, Any]
) -> npt.NDArray[Any]:
    """Pads and permutes pixels: first of all, because it is cheap on single bytes."""
    padding = preprocessing.get("padding", 0)
    if padding:
        border = (padding, padding)
        images = np.pad(images, ((0, 0), border, border, (0, 0)))
    permutation = preprocessing.get("permutation")
    if permutation is None:
        return images
    pixels = images.reshape(images.shape[0], -1, images.shape[3])
    return np.take(pixels, permutation, axis=1).reshape(images.shape)


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
