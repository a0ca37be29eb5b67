"""How a score becomes a mask value: the three named mask activations."""

from collections.abc import Callable
from typing import Any

from keras import ops

Tensor = Any


def abs_tanh(scores: Tensor, keep: Tensor) -> Tensor:
    """|tanh(z)| where kept, exactly 0 elsewhere: the paper's semi-binary mask.

    The threshold carries no gradient, so a score that is off gets none.
    """
    return ops.where(keep, ops.abs(ops.tanh(scores)), 0.0)


def tanh(scores: Tensor, keep: Tensor) -> Tensor:
    """tanh(z) where |tanh(z)| is kept, 0 elsewhere: a mask that may flip signs."""
    return ops.where(keep, ops.tanh(scores), 0.0)


def binary(scores: Tensor, keep: Tensor) -> Tensor:
    """1 where kept, 0 elsewhere; backwards the gradient of |tanh(z)| everywhere.

    The straight-through estimator (Bengio et al. 2013, arXiv 1308.3432): scores
    that are off still learn, so a weight or unit can come back.
    """
    soft = ops.abs(ops.tanh(scores))
    hard = ops.cast(keep, scores.dtype)
    return soft + ops.stop_gradient(hard - soft)


ACTIVATIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "abs_tanh": abs_tanh,
    "tanh": tanh,
    "binary": binary,
}


def get(name: str) -> Callable[[Tensor, Tensor], Tensor]:
    """Returns the mask activation called `name`.

    Raises:
        ValueError: If there is none of that name.
    """
    if name not in ACTIVATIONS:
        raise ValueError(
            f"`activation` must be one of {sorted(ACTIVATIONS)}. "
            f"Received: activation={name!r}"
        )
    return ACTIVATIONS[name]
