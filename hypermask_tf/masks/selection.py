"""Which scores are on: thresholds per layer or shared, and who may take what."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from hypermask_tf.masks import threshold
from hypermask_tf.masks.groups import per_place, ranks, sums
from hypermask_tf.masks.per_group import Sparsity, per_group, share_per_group

Tensor = Any

SHARING = ("layer", "network")
# A magnitude above that of any score.
_PINNED = 1e30


def default_reuse(granularity: str, protection: str) -> float:
    """The share of taken units that a task may take, where nobody says one.

    None while free ones last, where it is known what is taken: what a task shares it
    may hardly change, so a task of its own units learns more surely.

    Args:
        granularity: As in `HyperMask`.
        protection: As in `HyperMask`.

    Example:

    >>> default_reuse("unit", "used"), default_reuse("weight", "used")
    (0.0, 1.0)
    """
    known = granularity == "unit" and protection in ("used", "hard")
    return 0.0 if known else 1.0


class Selection:
    """Picks the largest magnitudes, group by group or over the whole network.

    Args:
        sizes: Sizes of the groups of scores, in order.
        sparsity: Percentage that is off, 0 <= p < 100: of every group, or one value
            per group.
        threshold: `"layer"`: each group has a threshold of its own. `"network"`: the
            same number of scores is on, but wherever they are largest.
        floor: With `"network"`, the percentage of each group that is on in any
            case; at least one score.
        reuse: Share, 0 to 1, of what is on that may be taken by earlier tasks while
            free scores last: 1 pays no attention to who took what, 0 takes free
            ones first. With a threshold per layer also one value per group.
        borrow: How many taken scores stand in for each free one that a task asks for
            and does not find: 1 keeps its size, more makes up with numbers for what
            it may not change. With a threshold per layer also one value per group.
        read: Share, 0 to 1, of the taken scores that are on in any case, the largest
            first: they take nothing of what is free. With a threshold per layer also
            one value per group.
        exact: Whether of equal magnitudes at a threshold only the first are on, so that
            a group has as many as it should and not one more.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        sparsity: Sparsity,
        threshold: str = "layer",
        floor: float = 1.0,
        reuse: float | Sequence[float] = 1.0,
        borrow: float | Sequence[float] = 1.0,
        read: float | Sequence[float] = 0.0,
        exact: bool = False,
    ) -> None:
        self.sizes = tuple(int(size) for size in sizes)
        self.sparsities = per_group("sparsity", sparsity, len(self.sizes))
        if not all(0 <= p < 100 for p in self.sparsities):
            raise ValueError(
                "`sparsity` is a percentage, 0 <= sparsity < 100 (90 keeps one "
                f"weight or unit in ten). Received: sparsity={sparsity}"
            )
        self.reuse = share_per_group(
            "reuse", reuse, len(self.sizes), "0 (free units first) to 1 (any unit)"
        )
        self.read = share_per_group(
            "read", read, len(self.sizes), "0 (no taken unit besides) to 1 (all)"
        )
        self.borrow = per_group("borrow", borrow, len(self.sizes))
        if not all(1 <= factor < math.inf for factor in self.borrow):
            raise ValueError(
                "`borrow` is how many taken units stand in for each free one that is "
                f"missing, at least 1. Received: borrow={borrow}"
            )
        if threshold not in SHARING:
            raise ValueError(
                f"`threshold` must be one of {list(SHARING)}. "
                f"Received: threshold={threshold!r}"
            )
        if not 0 <= floor <= 100:
            raise ValueError(
                f"`floor` is a percentage, 0 to 100. Received: floor={floor}"
            )
        for name in ("reuse", "borrow", "read"):
            values = getattr(self, name)
            if threshold == "network" and len(set(values)) > 1:
                raise ValueError(
                    f'`{name}` must be one number with `threshold="network"`: its '
                    f"units are shared out over the layers. Received: {name}={values}"
                )
        self.threshold, self.floor, self.exact = threshold, floor, exact

    @property
    def minds_taken(self) -> bool:
        """Whether it matters which scores earlier tasks took."""
        return min(self.reuse) < 1 or max(self.read) > 0

    @property
    def dense(self) -> bool:
        """Whether everything is on, so that nothing has to be sought."""
        return not any(self.sparsities)

    def counts(self, ramp: Tensor | None = None) -> Tensor:
        """How many scores of each group are on with thresholds per layer; int32."""
        sizes = ops.convert_to_tensor(self.sizes, dtype="int32")
        return sizes - threshold.ranks(self.sizes, self.sparsities, ramp)

    def fixed_counts(self) -> list[int] | None:
        """How many scores of each group are on, if that is the same for every task."""
        if self.threshold == "network" or max(self.borrow) > 1 or max(self.read) > 0:
            return None
        return [
            size - threshold.rank(size, p)
            for size, p in zip(self.sizes, self.sparsities, strict=True)
        ]

    def own_counts(self) -> list[int]:
        """How many free scores a task asks for in each group."""
        kept = [
            size - threshold.rank(size, p)
            for size, p in zip(self.sizes, self.sparsities, strict=True)
        ]
        if self.threshold == "network":
            kept = [self._floor_count(size) for size in self.sizes]
        return [
            math.ceil(round((1 - share) * count, 9))
            for share, count in zip(self.reuse, kept, strict=True)
        ]

    def _floor_count(self, size: int) -> int:
        return max(1, math.ceil(size * self.floor / 100))

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
        if self.dense:
            return ops.ones((sum(self.sizes),), dtype="bool")
        counts = self.counts(ramp)
        if pinned is not None:
            # Above all others, in their own order.
            squashed = magnitudes / (1 + magnitudes)
            magnitudes = ops.where(pinned, _PINNED * (1 + squashed), magnitudes)
        free = free if self.minds_taken else None
        if self.threshold == "layer":
            on = self._fill(None, magnitudes, self.sizes, counts, free)
            if not self.exact or self.fixed_counts() is None:
                return on
            most = per_place(counts, self.sizes)
            return ops.logical_and(on, ranks(on, self.sizes) <= most)
        floors = [self._floor_count(size) for size in self.sizes]
        floor = ops.minimum(ops.convert_to_tensor(floors, dtype="int32"), counts)
        # The floor is not what is asked for in the end: nothing is added to it.
        chosen = self._fill(None, magnitudes, self.sizes, floor, free, final=False)
        total = ops.reshape(ops.sum(counts), (1,))
        return self._fill(chosen, magnitudes, (sum(self.sizes),), total, free)

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
            shares = np.subtract(1, self.reuse[: len(sizes)], dtype="float32")
            own = ops.ceil(ops.cast(counts, "float32") * shares - 1e-4)
            own = ops.cast(own, "int32")
            if final and max(self.borrow) > 1:
                counts = counts + self._stand_ins(own, sums(free, sizes), sizes)
            if chosen is not None:
                own = own - sums(ops.logical_and(chosen, free), sizes)
            chosen = _add(chosen, magnitudes, free, sizes, own)
        missing = counts if chosen is None else counts - sums(chosen, sizes)
        chosen = _add(chosen, magnitudes, None, sizes, missing)
        if free is None or not final or max(self.read) == 0:
            return chosen
        taken = ops.logical_not(free)
        shares = np.array(self.read[: len(sizes)], "float32")
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
        more = np.subtract(self.borrow[: len(sizes)], 1, dtype="float32")
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
