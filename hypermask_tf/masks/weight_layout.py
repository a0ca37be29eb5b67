"""One score per weight: the paper's layout."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from hypermask_tf.masks.layout import MaskLayout
from hypermask_tf.masks.per_group import Sparsity
from hypermask_tf.masks.roles import Roles
from hypermask_tf.masks.scale import MaskScale

Tensor = Any


class WeightLayout(MaskLayout):
    """One score for every weight of every maskable variable.

    The output bias has scores as well, as in the authors' code, but is used
    unmasked; its |tanh| only weighs its own protection by
    `WeightPenalty(on="mask")`.

    Args:
        target: The built target network.
        roles: Its variables' roles.
        sparsity: Percentage of zeros in each masked tensor.
        activation: Name of a mask activation.
        scale: What mask values that are on are multiplied by, see `masks.scale`.

    Reference: HyperMask, arXiv 2310.00113, section 3.
    """

    def __init__(
        self,
        target: keras.Model,
        roles: Roles,
        sparsity: Sparsity,
        activation: str = "abs_tanh",
        scale: MaskScale = 1.0,
    ) -> None:
        self._indices = [i for i, flag in enumerate(roles.maskable) if flag]
        self._count = len(roles.maskable)
        self._shapes = [
            tuple(target.trainable_variables[i].shape) for i in self._indices
        ]
        sizes = [math.prod(shape) for shape in self._shapes]
        super().__init__(roles, sizes, sparsity, activation, scale)

    def _split(self, flat: Tensor) -> list[Tensor]:
        # A split, not slices: its gradient is one concatenation.
        ends = [group.stop for group in self.group_slices]
        return [
            ops.reshape(part, shape)
            for part, shape in zip(
                ops.split(flat, ends[:-1]), self._shapes, strict=True
            )
        ]

    def masks(self, scores: Tensor, keep: Tensor | None = None) -> list[Tensor | None]:
        masks: list[Tensor | None] = [None] * self._count
        parts = self._split(self.values(scores, keep))
        for index, part in zip(self._indices, parts, strict=True):
            if index != self.roles.output_bias:
                masks[index] = part
        return masks

    def current_use(
        self, scores: Tensor, masks: Sequence[Tensor | None]
    ) -> list[Tensor | None]:
        use = list(masks)
        if self.roles.output_bias is not None:
            tail = scores[self.num_scores - self.group_sizes[-1] :]
            use[self.roles.output_bias] = ops.abs(ops.tanh(tail))
        return use
