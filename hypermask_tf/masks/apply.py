"""m ⊙ θ, where what is off is left out rather than multiplied by zero."""

from typing import Any

from keras import ops

Tensor = Any


def apply_mask(value: Tensor, mask: Tensor) -> Tensor:
    """The product of a weight with its mask; exactly 0 where the mask is.

    What is off may hold anything: NaN · 0 is NaN, and a later task may have left one in
    a weight that this task does not use.

    Args:
        value: A weight, float of any shape.
        mask: Its mask, broadcastable to it; cast to its dtype.

    Example:

    >>> weight = ops.convert_to_tensor([1.0, float("nan"), 3.0])
    >>> ops.convert_to_numpy(apply_mask(weight, ops.array([2.0, 0.0, 1.0]))).tolist()
    [2.0, 0.0, 3.0]
    """
    mask = ops.cast(mask, value.dtype)
    # Finite values that are off stay: a straight-through mask learns from them.
    counts = ops.logical_or(ops.not_equal(mask, 0), ops.isfinite(value))
    return ops.where(counts, value, ops.zeros_like(value)) * mask
