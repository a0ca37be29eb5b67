"""Counting flags within groups that lie one after the other."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

Tensor = Any


def ranks_in_groups(flags: Tensor, sizes: Sequence[int]) -> Tensor:
    """How many flags are set up to each place, itself included, within its group.

    Args:
        flags: Boolean `(sum(sizes),)`.
        sizes: Sizes of the groups.

    Returns:
        int32, of the same shape.
    """
    starts = np.repeat(np.cumsum([0, *sizes[:-1]]), sizes)
    counted = ops.cumsum(ops.cast(flags, "int32"))
    before = ops.concatenate([ops.zeros((1,), dtype="int32"), counted])
    return counted - ops.take(before, ops.convert_to_tensor(starts, dtype="int32"))


def per_place(numbers: Sequence[int], sizes: Sequence[int]) -> Tensor:
    """One number per group, repeated for each of its places; int32."""
    return ops.convert_to_tensor(np.repeat(numbers, sizes), dtype="int32")
