"""A Gaussian of one class's features, packed for a file."""

from collections.abc import Sequence

import numpy as np
from sklearn.covariance import shrunk_covariance


def fit(features: np.ndarray, shrinkage: float) -> np.ndarray:
    """Mean and covariance of `(n, dims)` features, packed; float32.

    The covariance is (1 − s)·C + s·mean(diagonal of C)·I. Of its Cholesky factor the
    lower triangle is kept.
    """
    features = np.asarray(features, "float64")
    mean = features.mean(axis=0)
    covariance = np.zeros((mean.size, mean.size))
    if len(features) > 1:
        covariance = np.atleast_2d(np.cov(features, rowvar=False))
    covariance = shrunk_covariance(covariance, shrinkage)
    # What never varies must not make a density infinite.
    covariance += 1e-6 * max(np.trace(covariance) / mean.size, 1e-6) * np.eye(mean.size)
    factor = np.linalg.cholesky(covariance)
    return np.concatenate([mean, factor[np.tril_indices(mean.size)]]).astype("float32")


def whitening(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """From what `fit` returned: A, b and c with log density = c − ½‖A·f − b‖²."""
    dims = int((np.sqrt(9 + 8 * packed.size) - 3) / 2 + 0.5)
    mean, factor = packed[:dims].astype("float64"), np.zeros((dims, dims))
    factor[np.tril_indices(dims)] = packed[dims:]
    inverse = np.linalg.inv(factor)
    constant = -np.log(np.diag(factor)).sum() - 0.5 * dims * np.log(2 * np.pi)
    return inverse, inverse @ mean, float(constant)


def stacked(
    classes: Sequence[np.ndarray],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`whitening` of all classes at once, float32.

    Returns:
        Arrays `(dims, classes·dims)`, `(classes·dims,)` and `(classes,)`.
    """
    matrices, offsets, constants = zip(*map(whitening, classes), strict=True)
    return (
        np.concatenate(matrices).T.astype("float32"),
        np.concatenate(offsets).astype("float32"),
        np.array(constants, "float32"),
    )
