"""Numbers that turn scores into probabilities, fitted on one task's own data."""

from collections.abc import Sequence

import numpy as np
from scipy import optimize, special

# Between a weight that is as good as none and one that is as good as certainty.
_LIMITS = (np.log(1e-3), np.log(1e4))
# Pulls weights towards 1 where data alone would send them to infinity.
_PRIOR = 1e-3
GRID = np.linspace(0.0, 1.0, 101)


def fit_weight(evidence: np.ndarray, task: int) -> float:
    """The factor on evidence under which samples of `task` are told apart best.

    Minimises −mean log softmax(w · evidence)[task] over w = exp(v), with a small pull
    of v towards 0. Evidence of earlier tasks' networks on the new task's data is at
    hand when that task was learned, so no old data is needed.

    Args:
        evidence: `(n, tasks)`: for n samples of `task`, the last of these tasks.
        task: The last of the tasks.
    """

    def loss(v: float) -> float:
        log_p = special.log_softmax(np.exp(v) * evidence, axis=-1)
        return float(-log_p[:, task].mean() + _PRIOR * v**2)

    result = optimize.minimize_scalar(loss, bounds=_LIMITS, method="bounded")
    return float(np.exp(result.x))


def fit_weights(parts: Sequence[np.ndarray], task: int) -> np.ndarray:
    """As `fit_weight`, for evidence that is a weighted sum of several kinds.

    Args:
        parts: Evidence of each kind, `(n, tasks)`.
        task: The last of the tasks.

    Returns:
        The weights, each above 0.
    """

    def loss(v: np.ndarray) -> float:
        total = sum(np.exp(w) * part for w, part in zip(v, parts, strict=True))
        log_p = special.log_softmax(total, axis=-1)
        return float(-log_p[:, task].mean() + _PRIOR * (v**2).sum())

    start, bounds = np.zeros(len(parts)), [_LIMITS] * len(parts)
    found = optimize.minimize(loss, start, method="Nelder-Mead", bounds=bounds)
    return np.asarray(np.exp(found.x))


def fit_temperature(logits: np.ndarray, y: np.ndarray) -> float:
    """The temperature under which `softmax(logits / temperature)` is best calibrated.

    A small pull towards 1 keeps it finite where every sample is classified well.

    Args:
        logits: `(n, classes)`.
        y: Labels, `(n,)`.

    Source: Guo et al. 2017, "On calibration of modern neural networks", section 4.2.
    """
    rows = np.arange(len(y))

    def loss(v: float) -> float:
        log_p = special.log_softmax(logits / np.exp(v), axis=-1)
        return float(-log_p[rows, y].mean() + _PRIOR * v**2)

    result = optimize.minimize_scalar(loss, bounds=(-5.0, 5.0), method="bounded")
    return float(np.exp(result.x))


def quantiles(values: np.ndarray) -> np.ndarray:
    """The 0, 1, …, 100 percentiles; float32 `(101,)`."""
    return np.quantile(values, GRID).astype("float32")


def rank(values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Share of what `quantiles` saw that is no larger; between its points linear."""
    # Equal points would make the answer depend on their order.
    points, first = np.unique(grid[::-1], return_index=True)
    return np.interp(values, points, GRID[::-1][first], left=0.0, right=1.0)
