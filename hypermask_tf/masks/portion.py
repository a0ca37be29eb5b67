"""A share of a whole number, the same whole number wherever it is asked for."""

import functools
from fractions import Fraction

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


@functools.lru_cache(maxsize=64)
def _exact(share: float) -> Fraction:
    return Fraction(share).limit_denominator(_LARGEST_DENOMINATOR)
