"""Picks places along an axis, with a gradient that is a pick as well."""

from typing import Any

from keras import ops

Tensor = Any


def take_places(value: Tensor, places: Tensor, ranks: Tensor, axis: int) -> Tensor:
    """`value` at `places` along an axis.

    No place is picked twice, so the gradient needs no sum: every place reads what came
    back for it. Scattering it would be a loop on a processor.

    Args:
        value: Any tensor.
        places: int32 `(k,)`, distinct.
        ranks: int32 `(n,)`, where each of the n places along the axis went; k for one
            that was not picked.
        axis: The axis, not negative.
    """

    @ops.custom_gradient
    def take(value: Tensor) -> tuple[Tensor, Any]:
        def backwards(*args: Tensor, upstream: Tensor = None) -> Tensor:
            if upstream is None:
                (upstream,) = args
            return put_places(upstream, ranks, axis)

        return ops.take(value, places, axis=axis), backwards

    # A tensor: TensorFlow's custom gradients take no variables.
    return take(ops.convert_to_tensor(value))


def put_places(value: Tensor, ranks: Tensor, axis: int) -> Tensor:
    """The way back: `value` where it was picked, zeros elsewhere."""
    shape = [1 if i == axis else size for i, size in enumerate(value.shape)]
    zeros = ops.zeros(shape, dtype=value.dtype)
    return ops.take(ops.concatenate([value, zeros], axis=axis), ranks, axis=axis)
