"""Counting within groups of scores that lie one after the other."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

Tensor = Any


def sums(flags: Tensor, sizes: Sequence[int]) -> Tensor:
    """How many flags are set in each group: boolean `(places,)`, int32 `(groups,)`."""
    starts = np.cumsum([0, *sizes])
    counted = ops.cast(flags, "int32")
    return ops.stack([ops.sum(counted[a:b]) for a, b in itertools.pairwise(starts)])


def ranks(flags: Tensor, sizes: Sequence[int]) -> Tensor:
    """How many are set up to each place, itself included, within its group.

    Args:
        flags: Boolean `(sum(sizes),)`.
        sizes: Sizes of the groups.

    Returns:
        int32, of the same shape.
    """
    starts = np.cumsum([0, *sizes[:-1]])
    counted = ops.cumsum(ops.cast(flags, "int32"))
    before = ops.concatenate([ops.zeros((1,), dtype="int32"), counted])
    return counted - ops.take(before, _repeated(starts, sizes))


def per_place(numbers: Any, sizes: Sequence[int]) -> Tensor:
    """One number per group, for each of its places; int32 `(sum(sizes),)`."""
    numbers = ops.convert_to_tensor(numbers, dtype="int32")
    return ops.take(numbers, _repeated(np.arange(len(sizes)), sizes))


def _repeated(values: np.ndarray, sizes: Sequence[int]) -> Tensor:
    return ops.convert_to_tensor(np.repeat(values, sizes), dtype="int32")
