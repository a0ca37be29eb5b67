"""One score per block of four weights: for runtimes with block-sparse kernels."""

import math
from typing import Any

from keras import ops

from hypermask_tf.masks.weight_layout import WeightLayout

Tensor = Any

BLOCK = 4


class Block4Layout(WeightLayout):
    """One score for four neighbours along the input axis of a kernel.

    Runtimes with block-sparse kernels (1 x 4 in the output-major order they store)
    skip whole blocks. Kernels keep all four weights of a block or none; an input
    axis that four does not divide has a shorter last block. Everything but kernels of
    dense layers and plain convolutions with four inputs or more has a score per weight.

    Args:
        target, roles, sparsity, activation, **quota: As in `WeightLayout`.
    """

    def _score_shape(self, shape: tuple[int, ...], plain: bool) -> tuple[int, ...]:
        if not _in_blocks(shape, plain):
            return shape
        return (*shape[:-2], math.ceil(shape[-2] / BLOCK), shape[-1])

    def _spread(self, scores: Tensor, shape: tuple[int, ...], plain: bool) -> Tensor:
        if not _in_blocks(shape, plain):
            return scores
        return ops.repeat(scores, BLOCK, axis=-2)[..., : shape[-2], :]


def _in_blocks(shape: tuple[int, ...], plain: bool) -> bool:
    return plain and shape[-2] >= BLOCK
