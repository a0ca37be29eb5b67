"""How many scores of each group are on, and how many of them must be free."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from hypermask_tf.masks import threshold
from hypermask_tf.masks.allocation import Allocation, AnyUnits
from hypermask_tf.masks.per_group import Sparsity, check_sparsity, per_group

Tensor = Any


class GroupCounts:
    """What a task asks for, group by group.

    Args:
        sizes: Sizes of the groups of scores, in order.
        sparsity: Percentage that is off, 0 <= p < 100: of every group, or one value
            per group.
        allocation: How many of a task's scores must be free ones.

    Raises:
        ValueError: If the sparsity is out of range, or the allocation does not suit.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        sparsity: Sparsity,
        allocation: Allocation | None = None,
    ) -> None:
        self.sizes = tuple(int(size) for size in sizes)
        self.sparsities = per_group("sparsity", sparsity, len(self.sizes))
        check_sparsity(sparsity)
        self.allocation = allocation or AnyUnits()
        self.allocation.check_groups(len(self.sizes))

    @property
    def excludes_used(self) -> bool:
        """Whether it matters which scores earlier tasks use."""
        return self.allocation.excludes_used

    @property
    def dense(self) -> bool:
        """Whether everything is on, so that nothing has to be sought."""
        return not any(self.sparsities)

    def on(self, ramp: Tensor | None = None) -> Tensor:
        """How many scores of each group are on; int32 `(groups,)`."""
        sizes = ops.convert_to_tensor(self.sizes, dtype="int32")
        return sizes - threshold.ranks(self.sizes, self.sparsities, ramp)

    def final(self) -> list[int]:
        """The same as whole numbers, once a ramp has ended."""
        return [
            size - threshold.rank(size, p)
            for size, p in zip(self.sizes, self.sparsities, strict=True)
        ]

    def free(self) -> list[int]:
        """How many free scores a task asks for in each group."""
        return [self.allocation.free_count(n, i) for i, n in enumerate(self.final())]

    def free_of(self, counts: Tensor) -> Tensor:
        """How many of so many scores must be free ones, in a compiled step.

        Args:
            counts: int32 `(groups,)`.

        Returns:
            int32 `(groups,)`: what the allocation says, looked up.
        """
        starts, table = self._free_table
        places = counts + ops.convert_to_tensor(starts, dtype="int32")
        return ops.take(ops.convert_to_tensor(table, dtype="int32"), places)

    @functools.cached_property
    def _free_table(self) -> tuple[np.ndarray, np.ndarray]:
        """What the allocation says of every count, group by group, and their starts."""
        starts = np.cumsum([0, *(size + 1 for size in self.sizes[:-1])])
        table = [
            self.allocation.free_count(count, group)
            for group, size in enumerate(self.sizes)
            for count in range(size + 1)
        ]
        return starts, np.array(table)
