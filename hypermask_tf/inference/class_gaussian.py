"""A Gaussian of one class's features, packed for a file."""

from collections.abc import Sequence

import numpy as np

# How far half precision may move a whitened feature, whose deviation is 1.
_ROUNDING = 0.05


def fit(features: np.ndarray, shrinkage: float) -> np.ndarray:
    """Mean and covariance of `(n, dims)` features, packed.

    The covariance is (1 − s)·C + s·mean(diagonal of C)·I. Of its Cholesky factor the
    lower triangle is kept, in float16 if that is precise enough, else in float32.
    """
    # About a second to import.
    from sklearn.covariance import shrunk_covariance

    features = np.asarray(features, "float64")
    mean = features.mean(axis=0)
    covariance = np.zeros((mean.size, mean.size))
    if len(features) > 1:
        covariance = np.atleast_2d(np.cov(features, rowvar=False))
    covariance = shrunk_covariance(covariance, shrinkage)
    # What never varies must not make a density infinite.
    covariance += 1e-6 * (np.trace(covariance) / mean.size or 1.0) * np.eye(mean.size)
    factor = np.linalg.cholesky(covariance)
    packed = np.concatenate([mean, factor[np.tril_indices(mean.size)]])
    with np.errstate(over="ignore"):
        half = packed.astype("float16")
    moved_mean, moved_factor = _unpacked(half - packed)
    moved = np.linalg.solve(factor, np.column_stack([moved_mean, moved_factor]))
    # Written so that infinity and NaN mean no.
    return half if np.abs(moved).max() < _ROUNDING else packed.astype("float32")


def whitening(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """From what `fit` returned: A, b and c with log density = c − ½‖A·f − b‖²."""
    mean, factor = _unpacked(packed)
    inverse = np.linalg.inv(factor)
    constant = -np.log(np.diag(factor)).sum() - 0.5 * mean.size * np.log(2 * np.pi)
    return inverse, inverse @ mean, float(constant)


def _unpacked(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    dims = int((np.sqrt(9 + 8 * packed.size) - 3) / 2 + 0.5)
    mean, factor = packed[:dims].astype("float64"), np.zeros((dims, dims))
    factor[np.tril_indices(dims)] = packed[dims:]
    return mean, factor


def stacked(
    classes: Sequence[tuple[np.ndarray, np.ndarray, float]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What `whitening` returned for each of several classes, side by side; float32.

    Returns:
        Arrays `(dims, classes·dims)`, `(classes·dims,)` and `(classes,)`.
    """
    matrices, offsets, constants = zip(*classes, strict=True)
    return (
        np.concatenate(matrices).T.astype("float32"),
        np.concatenate(offsets).astype("float32"),
        np.array(constants, "float32"),
    )
