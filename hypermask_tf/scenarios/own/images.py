"""Pictures in folders."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from hypermask_tf.checks import require
from hypermask_tf.scenarios.own.listing import OwnFile

COLOR_MODES = ("grayscale", "rgb", "rgba")
# Of Pillow: pictures without colours, and those whose levels are no bytes.
_GREY = ("1", "L")
_NO_BYTES = ("I", "F")


def read_images(
    found: Sequence[OwnFile],
    image_size: Sequence[int] | None = None,
    color_mode: str | None = None,
) -> tuple[np.ndarray, str]:
    """Reads pictures through `keras.utils.load_img`.

    Args:
        found: The files.
        image_size: Height and width to which all are brought; None for pictures of
            one size.
        color_mode: `"grayscale"`, `"rgb"` or `"rgba"`; None for grayscale where all
            are grey, else rgb.

    Returns:
        Bytes `(n, height, width, channels)`, and the colour mode.

    Raises:
        ImportError: If Pillow is not installed.
        ValueError: If one cannot be read, has more than 8 bits a channel, or they
            differ in size.
    """
    pillow: Any = require("pillow", "which reads pictures", "PIL.Image")
    sizes, modes = set(), set()
    first: dict[tuple[int, int], Path] = {}
    for file in found:
        size, mode = _head(pillow, file.path)
        sizes.add(size)
        modes.add(mode)
        first.setdefault(size, file.path)
    if image_size is None:
        _check_sizes(first)
        width, height = next(iter(sizes))
    else:
        height, width = (int(side) for side in image_size)
    color_mode = color_mode or ("grayscale" if modes <= set(_GREY) else "rgb")
    channels = {"grayscale": 1, "rgb": 3, "rgba": 4}[color_mode]
    pixels = np.empty((len(found), height, width, channels), np.uint8)
    for i, file in enumerate(found):
        pixels[i] = _pixels(file.path, color_mode, (height, width))
    return pixels, color_mode


def _head(pillow: Any, path: Path) -> tuple[tuple[int, int], str]:
    try:
        with pillow.open(path) as image:
            size, mode = image.size, image.mode
    except (OSError, ValueError, SyntaxError) as error:
        raise _unreadable(path, error) from error
    if mode.startswith(_NO_BYTES):
        raise ValueError(
            "Expected pictures of 8 bits a channel. Received: "
            f"{path}, whose levels have more (Pillow's mode {mode!r}). Scale them to "
            "0..255 and save them again, or pass arrays (scenarios.from_arrays)."
        )
    return size, mode


def _pixels(path: Path, color_mode: str, size: tuple[int, int]) -> np.ndarray:
    try:
        image = keras.utils.load_img(
            path, color_mode=color_mode, target_size=size, interpolation="bilinear"
        )
    except (OSError, ValueError, SyntaxError) as error:
        raise _unreadable(path, error) from error
    return np.asarray(keras.utils.img_to_array(image, dtype="uint8"))


def _unreadable(path: Path, error: Exception) -> ValueError:
    return ValueError(
        f"Expected a picture that Pillow can read. Received: {path} ({error}). Save it "
        "again as PNG or JPEG, or remove it."
    )


def _check_sizes(first: dict[tuple[int, int], Path]) -> None:
    if len(first) > 1:
        (one, path), (other, path_2) = list(first.items())[:2]
        raise ValueError(
            "Expected pictures of one size, or a size to bring them to. Received: "
            f"{path} of {one[1]}x{one[0]} and {path_2} of {other[1]}x{other[0]} "
            "pixels. Pass --image_size=HEIGHT,WIDTH (image_size=(height, width))."
        )
