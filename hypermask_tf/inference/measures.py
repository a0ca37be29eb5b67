"""How good predictions of an unknown task are."""

from typing import NamedTuple

import numpy as np


class Reliability(NamedTuple):
    """Confidence against accuracy, in bins of confidence of equal width.

    Attributes:
        confidence: Mean confidence in each bin, NaN where it is empty.
        accuracy: Share of right predictions in each bin, NaN where it is empty.
        size: Predictions in each bin.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    size: np.ndarray

    @property
    def error(self) -> float:
        """Expected calibration error: mean |accuracy − confidence|, 0..1.

        Source: Guo et al. 2017, "On calibration of modern neural networks", equation 3.
        """
        gaps = np.nan_to_num(np.abs(self.accuracy - self.confidence))
        return float((gaps * self.size).sum() / self.size.sum())


def reliability(
    confidence: np.ndarray, right: np.ndarray, bins: int = 15
) -> Reliability:
    """Bins predictions by confidence.

    Args:
        confidence: `(n,)`, 0..1.
        right: bool `(n,)`: whether each prediction was right.
        bins: Number of bins.

    Example:

    >>> reliability(np.array([0.75, 0.75]), np.array([True, False]), bins=1).error
    0.25
    """
    place = np.clip((np.asarray(confidence) * bins).astype(int), 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        return Reliability(
            np.bincount(place, confidence, bins) / count,
            np.bincount(place, np.asarray(right, "float64"), bins) / count,
            count,
        )


def confusion(true: np.ndarray, inferred: np.ndarray, tasks: int) -> np.ndarray:
    """Number of inputs of each true task (row) by inferred task (column)."""
    counts = np.bincount(np.asarray(true) * tasks + inferred, minlength=tasks**2)
    return counts.reshape(tasks, tasks)


def accuracy_at_coverage(
    confidence: np.ndarray, right: np.ndarray, coverage: np.ndarray
) -> np.ndarray:
    """Accuracy on the most confident share of predictions.

    Args:
        confidence: `(n,)`.
        right: bool `(n,)`.
        coverage: Shares, above 0 and up to 1.

    Example:

    >>> confidence, right = np.array([0.9, 0.6]), np.array([True, False])
    >>> accuracy_at_coverage(confidence, right, np.array([0.5, 1.0])).tolist()
    [1.0, 0.5]
    """
    order = np.argsort(-np.asarray(confidence), kind="stable")
    hits = np.cumsum(np.asarray(right, "float64")[order])
    kept = np.clip(np.round(np.asarray(coverage) * len(hits)).astype(int), 1, None)
    return np.asarray(hits[kept - 1] / kept)
