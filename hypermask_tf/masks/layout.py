"""The common base of mask layouts: what a vector of scores means for a target."""

import itertools
from collections.abc import Sequence
from typing import Any

from keras import ops

from hypermask_tf.masks import activations
from hypermask_tf.masks.allocation import Allocation
from hypermask_tf.masks.group_counts import GroupCounts
from hypermask_tf.masks.per_group import Sparsity
from hypermask_tf.masks.roles import Roles
from hypermask_tf.masks.scale import MaskScale, scales
from hypermask_tf.masks.selection import Selection

Tensor = Any


class MaskLayout:
    """Turns a score vector into masks over a target's trainable variables.

    Args:
        roles: The roles of the target's variables.
        group_sizes: Sizes of the score groups that share one threshold, in order.
        sparsity: Percentage of each group set to exactly zero, 0 <= p < 100; one
            number, or one per group.
        activation: Name of a mask activation, see `masks.activations`.
        scale: What mask values that are on are multiplied by, see `masks.scale`.
        allocation: Which scores a task may have on; None for any.
        exact: Whether equal scores never put more on than there should be.

    Raises:
        ValueError: If an argument is out of range.

    Attributes:
        over_units: Whether scores stand for units, so that units of finished tasks
            are noted, and a task can be given free ones.
    """

    over_units = False

    def __init__(
        self,
        roles: Roles,
        group_sizes: Sequence[int],
        sparsity: Sparsity,
        activation: str = "abs_tanh",
        scale: MaskScale = 1.0,
        allocation: Allocation | None = None,
        exact: bool = False,
    ) -> None:
        self.counts = GroupCounts(group_sizes, sparsity, allocation)
        self._selection = Selection(self.counts, exact)
        self.scales = scales(scale, self.counts.sparsities)
        self.roles = roles
        self.group_sizes = self.counts.sizes
        self._activation = activations.get(activation)

    @property
    def num_scores(self) -> int:
        """N, the number of scores a hypernetwork has to emit."""
        return sum(self.group_sizes)

    @property
    def group_slices(self) -> list[slice]:
        """Where each group lies in the vector of scores."""
        ends = itertools.accumulate(self.group_sizes)
        return [
            slice(end - size, end)
            for size, end in zip(self.group_sizes, ends, strict=True)
        ]

    def keep(
        self,
        scores: Tensor,
        ramp: Tensor | None = None,
        free: Tensor | None = None,
        pinned: Tensor | None = None,
    ) -> Tensor:
        """Which scores are on; see `Selection.keep`."""
        # |tanh| is monotonic in |z|, so the threshold is sought on |z|.
        return self._selection.keep(ops.abs(scores), ramp, free, pinned)

    def values(self, scores: Tensor, keep: Tensor | None = None) -> Tensor:
        """The semi-binary mask over the scores themselves; `(N,)`."""
        values = self._activation(scores, self.keep(scores) if keep is None else keep)
        first, *others = self.scales
        if any(scale != first for scale in others):
            parts = [
                ops.full((size,), scale, dtype=values.dtype)
                for size, scale in zip(self.group_sizes, self.scales, strict=True)
            ]
            return values * ops.concatenate(parts)
        return values if first == 1 else values * first

    def masks(self, scores: Tensor, keep: Tensor | None = None) -> list[Tensor | None]:
        """Masks of all trainable variables, broadcastable to them; None: unmasked.

        Args:
            scores: `(N,)`.
            keep: Which of them are on; None lets `keep(scores)` say.
        """
        raise NotImplementedError

    def current_use(
        self, scores: Tensor, masks: Sequence[Tensor | None]
    ) -> list[Tensor | None]:
        """u of `WeightPenalty(on="mask")`: the task's own mask. None stands for 1."""
        del scores
        return list(masks)
