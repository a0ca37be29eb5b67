"""Shrunk correlation matrices, packed for a file, and lengths of features."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops
from scipy import linalg

Tensor = Any
_EPSILON = 1e-9


def correlation(features: np.ndarray, shrinkage: Sequence[float]) -> np.ndarray:
    """The shrunk covariance of `(n, dims)` features as a correlation matrix, packed.

    Returns:
        Its entries below the diagonal, row by row; float32 `(dims·(dims − 1)/2,)`.
    """
    features = np.asarray(features, "float64")
    dims = features.shape[1]
    covariance = np.zeros((dims, dims))
    if len(features) > 1:
        covariance = np.atleast_2d(np.cov(features, rowvar=False))
    others = covariance[~np.eye(dims, dtype=bool)]
    others = others[others != 0]
    mean = others.mean() if others.size else 0.0
    shrunk = covariance + shrinkage[1] * mean * (1 - np.eye(dims))
    shrunk += shrinkage[0] * np.diag(covariance).mean() * np.eye(dims)
    deviation = np.sqrt(np.diag(shrunk))
    deviation[deviation == 0] = 1.0  # a feature that never varies
    matrix = shrunk / np.outer(deviation, deviation)
    return matrix[np.tril_indices(dims, -1)].astype("float32")


def pseudo_inverse(packed: np.ndarray) -> np.ndarray:
    """The pseudo-inverse of what `correlation` returned; float32 `(dims, dims)`."""
    dims = int((1 + np.sqrt(1 + 8 * packed.size)) / 2 + 0.5)
    matrix = np.zeros((dims, dims))
    matrix[np.tril_indices(dims, -1)] = packed
    return linalg.pinvh(matrix + matrix.T + np.eye(dims)).astype("float32")


def normalised(mean: np.ndarray) -> np.ndarray:
    """A prototype divided by its length; float32."""
    return (mean / max(float(np.linalg.norm(mean)), _EPSILON)).astype("float32")


def matched(features: Tensor, given: np.ndarray, wanted: np.ndarray) -> Tensor:
    """Features of the units `wanted`, from those of the units `given`; else 0."""
    if np.array_equal(given, wanted):
        return features
    return ops.matmul(features, (given[:, None] == wanted).astype("float32"))


def unit_length(features: Tensor) -> Tensor:
    """Every row divided by its length; rows of zeros stay."""
    square = ops.sum(ops.square(features), axis=-1, keepdims=True)
    return features / ops.maximum(ops.sqrt(square), _EPSILON)
