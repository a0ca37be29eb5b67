"""How many scores of each group a task may have on, free ones and taken ones."""

import math
from collections.abc import Sequence
from typing import Any

from keras import ops

from hypermask_tf.masks import threshold
from hypermask_tf.masks.per_group import Sparsity, per_group, share_per_group
from hypermask_tf.masks.portion import portion, portions

Tensor = Any

SHARING = ("layer", "network")


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


class Quota:
    """What a task asks for, group by group or over the whole network.

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
        self.threshold, self.floor = threshold, floor

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
        return self._kept()

    def own_counts(self) -> list[int]:
        """How many free scores a task asks for in each group."""
        if self.threshold == "network":
            kept = [self.floor_count(size) for size in self.sizes]
        else:
            kept = self._kept()
        return [
            _own(count, share) for count, share in zip(kept, self.reuse, strict=True)
        ]

    def own_count(self) -> int:
        """How many free scores a task asks for in all groups together."""
        if self.threshold == "network":
            return _own(sum(self._kept()), self.reuse[0])
        return sum(self.own_counts())

    def own(self, counts: Tensor) -> Tensor:
        """How many of so many scores may not be taken ones, in a step.

        Args:
            counts: int32, one for each group, or one for all together.

        Returns:
            int32, of the same shape: what `own_counts` and `own_count` say.
        """
        return counts - self._portions(counts, self.reuse)

    def stand_ins(self, missing: Tensor) -> Tensor:
        """How many more taken scores are on than free ones are missing; as `own`.

        They may come to more than a group has.
        """
        return self._portions(missing, [factor - 1 for factor in self.borrow])

    def read_besides(self, taken: Tensor) -> Tensor:
        """How many of so many taken scores are on in any case; as `own`."""
        return self._portions(taken, self.read)

    def _portions(self, counts: Tensor, shares: Sequence[float]) -> Tensor:
        together = self.threshold == "network"
        most = sum(self.sizes) if together else max(self.sizes)
        return portions(counts, shares[: counts.shape[0]], most)

    def _kept(self) -> list[int]:
        return [
            size - threshold.rank(size, p)
            for size, p in zip(self.sizes, self.sparsities, strict=True)
        ]

    def floor_count(self, size: int) -> int:
        """How many scores of a group of that size are on in any case."""
        return max(1, math.ceil(size * self.floor / 100))


def _own(count: int, reuse: float) -> int:
    """How many of `count` scores may not be taken ones."""
    return count - portion(count, reuse)
