"""Windows over recordings."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from hypermask_tf.scenarios.own.listing import OwnFile
from hypermask_tf.scenarios.own.samples import OwnSamples, Rows


def windowed(
    found: Sequence[OwnFile],
    recordings: Sequence[np.ndarray],
    groups: Sequence[str],
    *,
    window: int,
    overlap: float,
    pad: bool = False,
) -> OwnSamples:
    """The windows of one task's recordings.

    Args:
        found: Its files.
        recordings: What they hold, `(time, channels)` each.
        groups: The group of each.
        window: Samples of a window.
        overlap: Share of a window that the next one has too.
        pad: Whether a recording shorter than a window is filled up with zeros.

    Raises:
        ValueError: If a recording is shorter than a window.
    """
    step = max(1, round(window * (1.0 - overlap)))
    arrays = [_long(array, window) if pad else array for array in recordings]
    starts, owners = [], []
    for i, (file, array) in enumerate(zip(found, arrays, strict=True)):
        if len(array) < window:
            raise ValueError(
                f"Expected recordings of at least {window} samples, a window. "
                f"Received: {file.path} with {len(array)}. Pass a shorter --window "
                "(window=…), or remove it."
            )
        own = np.arange(0, len(array) - window + 1, step)
        starts.append(own)
        owners.append(np.full(len(own), i))
    owner = np.concatenate(owners)
    return OwnSamples(
        labels=np.array([file.label for file in found])[owner],
        groups=np.array(groups)[owner],
        splits=np.array([file.split for file in found])[owner],
        take=partial(_take, arrays, owner, np.concatenate(starts), window),
        recordings=owner,
        overlapping=-(-window // step) - 1,
    )


def _long(array: np.ndarray, window: int) -> np.ndarray:
    missing = window - len(array)
    return np.pad(array, ((0, missing), (0, 0))) if missing > 0 else array


def _take(
    arrays: Sequence[np.ndarray], owner: Rows, start: Rows, window: int, rows: Rows
) -> np.ndarray:
    made = np.empty((len(rows), window, arrays[0].shape[1]), np.float32)
    for i, row in enumerate(rows):
        made[i] = arrays[owner[row]][start[row] : start[row] + window]
    return made
