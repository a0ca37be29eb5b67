"""Which scores are on: the largest, of what a task may have."""

from typing import Any

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
            return self._fill(None, magnitudes, quota.sizes, counts, free)
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
            own = self.quota.own(counts)
            if final and max(self.quota.borrow) > 1:
                missing = ops.maximum(own - sums(free, sizes), 0)
                # They may be more than there are: a rank beyond a group means all.
                counts = counts + self.quota.stand_ins(missing)
            if chosen is not None:
                own = own - sums(ops.logical_and(chosen, free), sizes)
            chosen = self._add(chosen, magnitudes, free, sizes, own)
        missing = counts if chosen is None else counts - sums(chosen, sizes)
        chosen = self._add(chosen, magnitudes, None, sizes, missing)
        if free is None or not final or max(self.quota.read) == 0:
            return chosen
        taken = ops.logical_not(free)
        wanted = self.quota.read_besides(sums(taken, sizes))
        missing = wanted - sums(ops.logical_and(chosen, taken), sizes)
        return self._add(chosen, magnitudes, taken, sizes, missing)

    def _add(
        self,
        chosen: Tensor | None,
        magnitudes: Tensor,
        allowed: Tensor | None,
        sizes: tuple[int, ...],
        counts: Tensor,
    ) -> Tensor:
        """`chosen` and the `counts` largest of what is allowed and not chosen yet."""
        if chosen is not None:
            rest = ops.logical_not(chosen)
            allowed = rest if allowed is None else ops.logical_and(allowed, rest)
        # What may not be taken lies below everything, so a rank within the group is one
        # among the allowed; one that is not there (counts < 1) is above everything.
        if allowed is not None:
            magnitudes = ops.where(allowed, magnitudes, 0.0)
        counts = ops.maximum(counts, 0)
        at = ops.convert_to_tensor(sizes, dtype="int32") - counts
        if not self.exact:
            more = threshold.keep_largest(magnitudes, sizes, at)
            more = more if allowed is None else ops.logical_and(more, allowed)
        else:
            above, equal = threshold.compare(magnitudes, sizes, at)
            if allowed is not None:
                above = ops.logical_and(above, allowed)
                equal = ops.logical_and(equal, allowed)
            room = per_place(counts - sums(above, sizes), sizes)
            first = ops.logical_and(equal, ranks(equal, sizes) <= room)
            more = ops.logical_or(above, first)
        return more if chosen is None else ops.logical_or(chosen, more)
