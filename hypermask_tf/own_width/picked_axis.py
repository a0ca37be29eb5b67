"""One axis of a variable, and which of its places a task's network has."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from hypermask_tf.units import FIXED

Tensor = Any

ORDERS = ("place", "group")


class PickedAxis:
    """Picks the places of the units that are on; always the same number.

    An axis repeats a block of units, once for a dense layer's outputs, once for every
    pixel behind a flatten. In each block `width` places stay.

    Args:
        units: Unit number of every place, `FIXED` where there is none.
        groups: Group of every unit of the target.
        counts: How many units of each group a task has at most.
        order: `"place"` keeps places in their order. `"group"` puts the units of
            earlier groups first.

    Raises:
        ValueError: If the number of places depends on which units are on.
    """

    def __init__(
        self,
        units: np.ndarray,
        groups: np.ndarray,
        counts: Sequence[int],
        order: str = "place",
    ) -> None:
        block = units[: _period(units)]
        self.size, self._repeats = len(units), len(units) // len(block)
        group = np.where(block == FIXED, -1, groups[block])
        rank = group if order == "group" else np.zeros_like(group)
        # Where the places of a block stand when sorted, and back.
        self._sorted = np.argsort(rank, kind="stable")
        self._back = np.argsort(self._sorted, kind="stable")
        self.units = block[self._sorted]
        self._block_width = int((group < 0).sum())
        for number in np.unique(group[group >= 0]):
            seen = np.bincount(block[group == number], minlength=len(groups))
            times = np.unique(seen[groups == number])
            if len(times) > 1:
                raise ValueError(
                    "Expected every unit of a group as often as the others along an "
                    f"axis. Received: {times.tolist()} times"
                )
            self._block_width += int(times[0]) * counts[number]

    @property
    def width(self) -> int:
        """Number of places that stay."""
        return self._repeats * self._block_width

    @property
    def same(self) -> bool:
        """Whether nothing goes and nothing moves."""
        return self.width == self.size and bool((np.diff(self._sorted) > 0).all())

    def pick(self, on: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Places along the axis, their ranks, and the units that stand there.

        Args:
            on: Boolean `(units + 1,)`: what stays, exactly `counts` in each group; its
                last entry stands for `FIXED` and is true.

        Returns:
            `(width,)` places, `(size,)` ranks as in `take_places`, and `(width,)`
            units as indices of `on`.
        """
        n, k = len(self.units), self._block_width
        # As an index of `on`: -1 would count from the end only on some backends.
        named = np.where(self.units == FIXED, on.shape[0] - 1, self.units)
        stays = ops.take(on, ops.convert_to_tensor(named, dtype="int32"))
        # The k that stay, in order: no sort needed.
        falling = np.arange(n, 0, -1, dtype="float32")
        _, first = ops.top_k(ops.where(stays, falling, 0.0), k)
        first = ops.cast(first, "int32")
        rank = ops.cumsum(ops.cast(stays, "int32")) - 1
        rank = ops.where(stays, rank, k)
        places = ops.take(ops.convert_to_tensor(self._sorted, dtype="int32"), first)
        ranks = ops.take(rank, ops.convert_to_tensor(self._back, dtype="int32"))
        units = ops.take(ops.convert_to_tensor(named, dtype="int32"), first)
        return (
            self._over_blocks(places, n, 0),
            self._over_blocks(ranks, k, k),
            ops.tile(units, (self._repeats,)),
        )

    def _over_blocks(self, numbers: Tensor, step: int, outside: int) -> Tensor:
        """Numbers within a block, counted through all blocks."""
        if self._repeats == 1:
            return numbers
        start = ops.expand_dims(ops.arange(self._repeats, dtype="int32") * step, 1)
        counted = ops.expand_dims(numbers, 0) + start
        if outside:
            counted = ops.where(
                ops.expand_dims(numbers, 0) == outside, self.width, counted
            )
        return ops.reshape(counted, (-1,))


def _period(units: np.ndarray) -> int:
    """Length of the shortest block that the array repeats."""
    for size in range(1, len(units) // 2 + 1):
        if len(units) % size == 0 and (units.reshape(-1, size) == units[:size]).all():
            return size
    return len(units)
