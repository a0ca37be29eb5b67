"""Which scores are on: the largest, of what a task may have."""

from typing import Any

from keras import ops

from hypermask_tf.masks import threshold
from hypermask_tf.masks.group_counts import GroupCounts
from hypermask_tf.masks.groups import per_place, ranks, sums

Tensor = Any

# A magnitude above that of any score.
_PINNED = 1e30


class Selection:
    """Picks the largest magnitudes, as many as each group has.

    Args:
        counts: How many of which scores.
        exact: Whether of equal magnitudes at a threshold only the first are on, so that
            a group has as many as it should and not one more.
    """

    def __init__(self, counts: GroupCounts, exact: bool = False) -> None:
        self.counts = counts
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
            free: Boolean `(N,)`: what no earlier task uses; None for all.
            pinned: Boolean `(N,)`: used ones that come before all other used ones.

        Returns:
            Boolean `(N,)`.
        """
        if self.counts.dense:
            return ops.ones((sum(self.counts.sizes),), dtype="bool")
        counts = self.counts.on(ramp)
        if pinned is not None:
            # Above all others, in their own order.
            squashed = magnitudes / (1 + magnitudes)
            magnitudes = ops.where(pinned, _PINNED * (1 + squashed), magnitudes)
        if free is None or not self.counts.excludes_used:
            return self._largest(magnitudes, counts, None)
        chosen = self._largest(magnitudes, self.counts.free_of(counts), free)
        missing = counts - sums(chosen, self.counts.sizes)
        more = self._largest(magnitudes, missing, ops.logical_not(chosen))
        return ops.logical_or(chosen, more)

    def _largest(
        self, magnitudes: Tensor, counts: Tensor, allowed: Tensor | None
    ) -> Tensor:
        """The `counts` largest of each group, among what is allowed."""
        sizes = self.counts.sizes
        # What is not allowed lies below everything, so a rank within the group is one
        # among the allowed; one that is not there (counts < 1) is above everything.
        if allowed is not None:
            magnitudes = ops.where(allowed, magnitudes, 0.0)
        counts = ops.maximum(counts, 0)
        at = ops.convert_to_tensor(sizes, dtype="int32") - counts
        if not self.exact:
            found = threshold.keep_largest(magnitudes, sizes, at)
            return found if allowed is None else ops.logical_and(found, allowed)
        above, equal = threshold.compare(magnitudes, sizes, at)
        if allowed is not None:
            above = ops.logical_and(above, allowed)
            equal = ops.logical_and(equal, allowed)
        room = per_place(counts - sums(above, sizes), sizes)
        first = ops.logical_and(equal, ranks(equal, sizes) <= room)
        return ops.logical_or(above, first)
