"""The exact percentile threshold, found without a sort."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

Tensor = Any

# The bit pattern of +inf: as int32, non-negative floats sort like their bits.
_INFINITY_BITS = 0x7F800000
_HALVINGS = 31


def rank(size: int, sparsity: float) -> int:
    """Zero-based rank of the smallest magnitude that the percentile keeps.

    With linear interpolation the percentile q lies between two neighbours in
    sorted order, so `a >= q` keeps the upper neighbour and all above it: the one
    at rank `ceil((size - 1) * sparsity / 100)`.

    Args:
        size: Number of magnitudes.
        sparsity: Percentage, 0 <= sparsity < 100.

    Example:

    >>> rank(11, 30), rank(400, 90), rank(5, 0)
    (3, 360, 0)
    """
    # Round first: 10 * 30 / 100 must not become 3.0000000000000004.
    return math.ceil(round((size - 1) * sparsity / 100, 9))


def ranks(
    sizes: Sequence[int], sparsities: Sequence[float], ramp: Tensor | None
) -> Tensor:
    """Ranks of several groups, `ramp` in 0..1 scaling the sparsity; int32 (groups,)."""
    whole = ops.convert_to_tensor(
        [rank(size, p) for size, p in zip(sizes, sparsities, strict=True)],
        dtype="int32",
    )
    if ramp is None:
        return whole
    spans = ops.convert_to_tensor(
        [(size - 1) * p / 100 for size, p in zip(sizes, sparsities, strict=True)],
        dtype="float32",
    )
    # The small offset is `rank`'s rounding: exact multiples stay where they are.
    risen = ops.cast(ops.ceil(spans * ramp - 1e-4), "int32")
    # A float32 does not tell neighbours among millions apart: when the ramp has
    # ended, the rank is the one that holds without it.
    return ops.where(ramp >= 1, whole, ops.minimum(risen, whole))


def keep_largest(magnitudes: Tensor, sizes: Sequence[int], at: Tensor) -> Tensor:
    """Marks, group by group, the magnitudes at or above an order statistic.

    In compiled steps all groups are bisected together on the bit patterns of their
    floats: 31 halvings pin every threshold down exactly. The cost is 31 reads,
    whatever the order of the input; no sort, no histogram, no gradient. Op by op those
    would be hundreds of calls, or on JAX a loop to compile each time, so there the same
    thresholds are selected on the host.

    Args:
        magnitudes: float32 tensor of shape `(sum(sizes),)`, non-negative.
        sizes: Sizes of the groups that lie one after the other in it.
        at: int32 tensor `(groups,)`, the zero-based rank kept in each group.

    Returns:
        Boolean tensor of the shape of `magnitudes`.
    """
    parts, found = _find(magnitudes, sizes, at)
    return ops.concatenate([part >= found[i] for i, part in enumerate(parts)])


def compare(
    magnitudes: Tensor, sizes: Sequence[int], at: Tensor
) -> tuple[Tensor, Tensor]:
    """The same in two parts: which magnitudes are above it, and which are equal."""
    parts, found = _find(magnitudes, sizes, at)
    above = [part > found[i] for i, part in enumerate(parts)]
    equal = [ops.equal(part, found[i]) for i, part in enumerate(parts)]
    return ops.concatenate(above), ops.concatenate(equal)


def _find(
    magnitudes: Tensor, sizes: Sequence[int], at: Tensor
) -> tuple[list[Tensor], Tensor]:
    """Bits of the magnitudes by group, and those of the order statistics."""
    bits = ops.view(ops.stop_gradient(magnitudes), dtype="int32")
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    parts = [bits[s : s + n] for s, n in zip(starts, sizes, strict=True)]
    find = _selected if _op_by_op(magnitudes, at) else _halved
    return parts, find(parts, at)


def _op_by_op(*tensors: Tensor) -> bool:
    """Whether every operation on them is a call of its own."""
    if keras.backend.backend() == "jax":
        import jax

        return not any(isinstance(tensor, jax.core.Tracer) for tensor in tensors)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return bool(tf.executing_eagerly())
    return False


def _halved(parts: Sequence[Tensor], at: Tensor) -> Tensor:
    """Bits of the thresholds: the smallest at or below which lie more than `at`."""

    def halve(_: Tensor, bounds: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        low, high = bounds
        middle = low + (high - low) // 2
        counts = ops.stack(
            [
                ops.sum(ops.cast(part <= middle[i], "int32"))
                for i, part in enumerate(parts)
            ]
        )
        enough = counts > at
        return ops.where(enough, low, middle + 1), ops.where(enough, middle, high)

    low = ops.zeros((len(parts),), dtype="int32")
    high = ops.full((len(parts),), _INFINITY_BITS, dtype="int32")
    _, threshold = ops.fori_loop(0, _HALVINGS, halve, (low, high))
    return threshold


def _selected(parts: Sequence[Tensor], at: Tensor) -> Tensor:
    """What `_halved` finds, where the numbers are at hand."""
    places = ops.convert_to_numpy(at).tolist()
    found = [
        _at_rank(ops.convert_to_numpy(part), place)
        for part, place in zip(parts, places, strict=True)
    ]
    return ops.convert_to_tensor(found, dtype="int32")


def _at_rank(bits: npt.NDArray[np.int32], place: int) -> int:
    if place < 0:
        return 0
    if place >= len(bits):
        return _INFINITY_BITS
    return min(max(int(np.partition(bits, place)[place]), 0), _INFINITY_BITS)
