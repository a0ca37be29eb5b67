"""The power spectrum of frames with operations that every runtime has."""

from typing import Any

import numpy as np


class Fourier:
    """The discrete Fourier transform of real frames as products of small matrices.

    A frame of 512 samples is laid out as 32 rows of 16: transforms along the rows'
    axis, a turn of each value, and transforms along the other axis make the whole one.
    The matrices have 2 × (32 × 17 + 16 × 17 + 16 × 16) numbers; one matrix for all
    would have 263,168.

    Args:
        length: Samples of a frame, a power of two.

    Reference:
        Cooley, Tukey: An algorithm for the machine calculation of complex Fourier
        series, 1965.
    """

    def __init__(self, length: int) -> None:
        self._rows = 2 ** ((length.bit_length()) // 2)
        self._columns = length // self._rows
        row, column = np.arange(self._rows), np.arange(self._columns)
        # Of real samples, the other half of the first transforms mirrors this one.
        self._half = np.arange(self._rows // 2 + 1)
        self._first = _waves(np.outer(row, self._half) / self._rows)
        self._turn = _waves(np.outer(column, self._half) / length)
        self._second = _waves(np.outer(column, column) / self._columns)
        self._places = self._half[:, None] + self._rows * column

    def power(self, frames: Any) -> Any:
        """The squared magnitudes of frames, `(n, length)`, in an order of its own.

        Some stand there twice, since the spectrum of real samples is symmetric.
        """
        import tensorflow as tf

        count = frames.shape[0]
        table = tf.reshape(frames, (count, self._rows, self._columns))
        table = tf.transpose(table, (0, 2, 1))
        real, imaginary = (tf.matmul(table, part) for part in self._first)
        real, imaginary = (
            tf.transpose(part, (0, 2, 1))
            for part in _product((real, imaginary), self._turn, tf.multiply)
        )
        real, imaginary = _product((real, imaginary), self._second, tf.matmul)
        return tf.reshape(real * real + imaginary * imaginary, (count, -1))

    def in_order(self, weights: np.ndarray) -> np.ndarray:
        """Rows for the frequencies 0 to `length / 2`, put where `power` has them."""
        last = len(weights) - 1
        frequencies = last - np.abs(last - self._places.ravel())
        _, once = np.unique(frequencies, return_index=True)
        placed = np.zeros((frequencies.size, weights.shape[1]), np.float32)
        placed[once] = weights[frequencies[once]]
        return placed


def _waves(turns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Real and imaginary parts of numbers on the unit circle."""
    angles = -2.0 * np.pi * turns
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def _product(left: Any, right: Any, multiply: Any) -> tuple[Any, Any]:
    """A product of complex numbers, each as its two parts."""
    real = multiply(left[0], right[0]) - multiply(left[1], right[1])
    return real, multiply(left[0], right[1]) + multiply(left[1], right[0])
