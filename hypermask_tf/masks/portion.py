"""A share of a whole number, the same whole number wherever it is asked for."""

import functools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from keras import ops

Tensor = Any

# 0.9 is meant where a float is nearly that: 0.1 · 5,000 must not become 499 or 501.
_LARGEST_DENOMINATOR = 10**6


def portion(count: int, share: float) -> int:
    """⌊share · count⌋, exact for shares that are written as decimals or fractions.

    Args:
        count: Not negative.
        share: Not negative.

    Example:

    >>> portion(5000, 0.9), portion(5000, 1 - 0.9), portion(300, 1 / 3)
    (4500, 500, 100)
    """
    exact = _exact(share)
    return count * exact.numerator // exact.denominator


def portions(counts: Tensor, shares: Sequence[float], most: int) -> Tensor:
    """`portion` of each count, in a compiled step too.

    No float takes part: what may come out is looked up.

    Args:
        counts: int32 `(groups,)`, from 0 to `most`.
        shares: One for each group.
        most: What counts and results are at most; a larger result becomes this.

    Returns:
        int32 `(groups,)`.
    """
    distinct = sorted(set(shares))
    table = np.concatenate([_table(share, most) for share in distinct])
    starts = np.array([distinct.index(share) for share in shares]) * (most + 1)
    places = counts + ops.convert_to_tensor(starts, dtype="int32")
    return ops.take(ops.convert_to_tensor(table, dtype="int32"), places)


@functools.lru_cache(maxsize=64)
def _table(share: float, most: int) -> npt.NDArray[np.int64]:
    """`portion` of 0, 1, …, `most`."""
    exact = _exact(min(share, most))
    numerator, denominator = exact.numerator, exact.denominator
    found = np.arange(most + 1, dtype="int64") * numerator // denominator
    return np.minimum(found, most)


@functools.lru_cache(maxsize=64)
def _exact(share: float) -> Fraction:
    return Fraction(share).limit_denominator(_LARGEST_DENOMINATOR)
