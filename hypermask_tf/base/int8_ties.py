"""Weights of a base that become the same integers in every task's int8 file."""

from collections.abc import Sequence

import numpy as np

_STEPS = 127
# In steps. Scales that are folded into a channel round its weights by far less.
_MARGIN = 2e-4


def off_ties(kernel: np.ndarray, channels: Sequence[int]) -> np.ndarray:
    """A kernel of which no weight lies where two int8 steps are as near.

    An int8 file stores a channel in steps of its largest weight / 127, so a scale that
    a task folds into the channel changes no integer, unless a weight lies halfway
    between two: there rounding decides, and the whole kernel would be stored again for
    that task. Such weights, some in ten thousand, are moved by less than a thousandth
    of a step, which is far less than a file of any kind resolves.

    Args:
        kernel: Weights.
        channels: The axes that enumerate output channels.

    Example:

    >>> off_ties(np.array([[1.0], [0.5 / 127], [0.2]]), channels=(1,)).round(7).tolist()
    [[1.0], [0.0039402], [0.2]]
    """
    others = tuple(axis for axis in range(kernel.ndim) if axis not in channels)
    step = np.abs(kernel.astype("float64")).max(axis=others, keepdims=True) / _STEPS
    sizes = np.abs(kernel) / np.where(step > 0, step, 1)
    tie = np.floor(sizes) + 0.5
    away = np.where(sizes < tie, -2 * _MARGIN, 2 * _MARGIN)
    moved = np.sign(kernel) * (tie + away) * step
    near = np.abs(sizes - tie) < _MARGIN
    return np.where(near, moved, kernel).astype(kernel.dtype)
