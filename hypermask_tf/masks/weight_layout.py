"""One score per weight: the paper's layout."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from hypermask_tf.masks.layout import MaskLayout
from hypermask_tf.masks.per_group import Sparsity
from hypermask_tf.masks.roles import Roles, all_layers
from hypermask_tf.masks.scale import MaskScale

Tensor = Any


class WeightLayout(MaskLayout):
    """One score for every weight of every maskable variable.

    The output bias has scores as well, as in the authors' code, but is used
    unmasked; its |tanh| only weighs its own protection under "current".

    Args:
        target: The built target network.
        roles: Its variables' roles.
        sparsity: Percentage of zeros in each masked tensor.
        activation: Name of a mask activation.
        mask_scale: What mask values that are on are multiplied by, see `masks.scale`.
        **quota: `threshold` and `floor`, see `Quota`.

    Raises:
        ValueError: If `reuse`, `borrow` or `read` is given: only units can be taken.

    Reference: HyperMask, arXiv 2310.00113, section 3.
    """

    def __init__(
        self,
        target: keras.Model,
        roles: Roles,
        sparsity: Sparsity,
        activation: str = "abs_tanh",
        mask_scale: MaskScale = 1.0,
        **quota: Any,
    ) -> None:
        for name, nothing in (("reuse", 1), ("borrow", 1), ("read", 0)):
            if quota.get(name, nothing) != nothing:
                raise ValueError(
                    f'`{name}` needs `granularity="unit"`: only units can be free or '
                    f"taken. Received: {name}={quota[name]}"
                )
        self._indices = [i for i, flag in enumerate(roles.maskable) if flag]
        self._count = len(roles.maskable)
        self._shapes = [
            tuple(target.trainable_variables[i].shape) for i in self._indices
        ]
        kernels = _plain_kernels(target)
        self._plain = [
            id(target.trainable_variables[i]) in kernels for i in self._indices
        ]
        sizes = [
            math.prod(self._score_shape(shape, plain))
            for shape, plain in zip(self._shapes, self._plain, strict=True)
        ]
        super().__init__(roles, sizes, sparsity, activation, mask_scale, **quota)

    def _score_shape(self, shape: tuple[int, ...], plain: bool) -> tuple[int, ...]:
        """Shape of the scores of a variable; `plain`: a kernel (..., in, out)."""
        del plain
        return shape

    def _spread(self, scores: Tensor, shape: tuple[int, ...], plain: bool) -> Tensor:
        """Scores in their shape, one for each weight of the variable."""
        del shape, plain
        return scores

    def _split(self, flat: Tensor) -> list[Tensor]:
        # A split, not slices: its gradient is one concatenation.
        ends = [group.stop for group in self.group_slices]
        return [
            self._spread(
                ops.reshape(part, self._score_shape(shape, plain)), shape, plain
            )
            for part, shape, plain in zip(
                ops.split(flat, ends[:-1]), self._shapes, self._plain, strict=True
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


def _plain_kernels(target: keras.Model) -> set[int]:
    """Identities of kernels whose last two axes are input and output."""
    kinds = (layers.Dense, layers.Conv1D, layers.Conv2D, layers.Conv3D)
    return {
        id(layer._kernel if hasattr(layer, "_kernel") else layer.kernel)
        for layer in all_layers(target)
        if isinstance(layer, kinds)
    }
