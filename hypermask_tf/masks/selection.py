"""Which scores are on: the largest, of what a task may have."""

from typing import Any

import numpy as np
from keras import ops

from hypermask_tf.masks import threshold
from hypermask_tf.masks.groups import per_place, ranks, sums
from hypermask_tf.masks.quota import Quota

Tensor = Any

# A magnitude above that of any score.
_PINNED = 1e30


class Selection:
    """Picks the largest magnitudes, as many as the quota has.

    Args:
        quota: How many of which scores.
        exact: Whether of equal magnitudes at a threshold only the first are on, so that
            a group has as many as it should and not one more.
    """

    def __init__(self, quota: Quota, exact: bool = False) -> None:
        self.quota = quota
        self.exact = exact

    def keep(
        self,
        magnitudes: Tensor,
        ramp: Tensor | None = None,
        free: Tensor | None = None,
        pinned: Tensor | None = None,
    ) -> Tensor:
        """Which scores are on.

        Args:
            magnitudes: float32 `(N,)`, non-negative.
            ramp: Scalar in 0..1 that scales the sparsity; None for 1.
            free: Boolean `(N,)`: what no earlier task took; None for all.
            pinned: Boolean `(N,)`: taken ones that come before all other taken ones.

        Returns:
            Boolean `(N,)`.
        """
        quota = self.quota
        if quota.dense:
            return ops.ones((sum(quota.sizes),), dtype="bool")
        counts = quota.counts(ramp)
        if pinned is not None:
            # Above all others, in their own order.
            squashed = magnitudes / (1 + magnitudes)
            magnitudes = ops.where(pinned, _PINNED * (1 + squashed), magnitudes)
        free = free if quota.minds_taken else None
        if quota.threshold == "layer":
            on = self._fill(None, magnitudes, quota.sizes, counts, free)
            if not self.exact or quota.fixed_counts() is None:
                return on
            most = per_place(counts, quota.sizes)
            return ops.logical_and(on, ranks(on, quota.sizes) <= most)
        floors = [quota.floor_count(size) for size in quota.sizes]
        floor = ops.minimum(ops.convert_to_tensor(floors, dtype="int32"), counts)
        # The floor is not what is asked for in the end: nothing is added to it.
        chosen = self._fill(None, magnitudes, quota.sizes, floor, free, final=False)
        total = ops.reshape(ops.sum(counts), (1,))
        return self._fill(chosen, magnitudes, (sum(quota.sizes),), total, free)

    def _fill(
        self,
        chosen: Tensor | None,
        magnitudes: Tensor,
        sizes: tuple[int, ...],
        counts: Tensor,
        free: Tensor | None,
        final: bool = True,
    ) -> Tensor:
        """Adds the largest to `chosen` until each group has its count."""
        if free is not None:
            shares = np.subtract(1, self.quota.reuse[: len(sizes)], dtype="float32")
            own = ops.ceil(ops.cast(counts, "float32") * shares - 1e-4)
            own = ops.cast(own, "int32")
            if final and max(self.quota.borrow) > 1:
                counts = counts + self._stand_ins(own, sums(free, sizes), sizes)
            if chosen is not None:
                own = own - sums(ops.logical_and(chosen, free), sizes)
            chosen = _add(chosen, magnitudes, free, sizes, own)
        missing = counts if chosen is None else counts - sums(chosen, sizes)
        chosen = _add(chosen, magnitudes, None, sizes, missing)
        if free is None or not final or max(self.quota.read) == 0:
            return chosen
        taken = ops.logical_not(free)
        shares = np.array(self.quota.read[: len(sizes)], "float32")
        wanted = ops.floor(ops.cast(sums(taken, sizes), "float32") * shares + 1e-4)
        missing = ops.cast(wanted, "int32") - sums(
            ops.logical_and(chosen, taken), sizes
        )
        return _add(chosen, magnitudes, taken, sizes, missing)

    def _stand_ins(
        self, asked: Tensor, found: Tensor, sizes: tuple[int, ...]
    ) -> Tensor:
        """How many more taken scores than free ones are missing.

        They may come to more than the group has: a rank beyond it means all.
        """
        missing = ops.cast(ops.maximum(asked - found, 0), "float32")
        more = np.subtract(self.quota.borrow[: len(sizes)], 1, dtype="float32")
        return ops.cast(ops.floor(missing * more), "int32")


def _add(
    chosen: Tensor | None,
    magnitudes: Tensor,
    allowed: Tensor | None,
    sizes: tuple[int, ...],
    counts: Tensor,
) -> Tensor:
    """`chosen` and the `counts` largest of what is allowed and not chosen yet."""
    if chosen is None and allowed is None:
        at = ops.convert_to_tensor(sizes, dtype="int32") - counts
        return threshold.keep_largest(magnitudes, sizes, at)
    if chosen is not None:
        rest = ops.logical_not(chosen)
        allowed = rest if allowed is None else ops.logical_and(allowed, rest)
    # What may not be taken lies below everything, so a rank within the group is one
    # among the allowed; one that is not there (counts < 1) is above everything.
    magnitudes = ops.where(allowed, magnitudes, 0.0)
    at = ops.convert_to_tensor(sizes, dtype="int32") - ops.maximum(counts, 0)
    more = ops.logical_and(threshold.keep_largest(magnitudes, sizes, at), allowed)
    return more if chosen is None else ops.logical_or(chosen, more)
