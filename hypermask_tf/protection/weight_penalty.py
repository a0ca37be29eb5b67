"""The paper's protection: an L1 penalty on shared weights that move."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from hypermask_tf import checks
from hypermask_tf.distribution import replicas
from hypermask_tf.masks.apply import apply_mask
from hypermask_tf.protection.protected_weights import ProtectedWeights
from hypermask_tf.protection.protection import Protection

Tensor = Any

PENALIZED = ("used", "mask", "all")


@keras.saving.register_keras_serializable("hypermask_tf")
class WeightPenalty(Protection):
    """Penalises the L1 distance of shared weights from where a task began.

    Args:
        strength: Weight λ of the penalty; 0 protects nothing.
        on: `"used"`: the weights that the masks of earlier tasks let through; `"mask"`:
            all, weighted by the mask of the task being learned (the paper's masked
            form); `"all"`: all, equally.

    Raises:
        ValueError: If the strength is negative or not finite, or `on` is unknown.

    Example:

    >>> WeightPenalty(0.1, on="mask")
    WeightPenalty(strength=0.1, on='mask')

    Reference: HyperMask, arXiv 2310.00113, equation 5; `"used"` is this library's own.
    """

    def __init__(self, strength: float = 1.0, on: str = "used") -> None:
        self.strength = checks.check_strength("strength", strength)
        self.on = checks.check_choice("on", on, PENALIZED)
        self.tracks_use = on == "used"

    def penalty(self, weights: ProtectedWeights) -> Tensor | None:
        if self.strength == 0:
            return None
        factors: Sequence[Tensor | None] = [None] * len(weights.values)
        if self.on == "used":
            factors = weights.used
        elif self.on == "mask":
            factors = weights.mask()
        distance = weight_regularizer(weights.values, weights.references, factors)
        return self.strength * distance

    def effective_value(
        self, value: Tensor, reference: Tensor, used: Tensor, training: bool
    ) -> Tensor:
        if not training or self.strength == 0:
            return value
        at_reference = ops.logical_and(used, ops.equal(value, reference))
        return soft_threshold_gradient(value, at_reference, self.strength)

    def get_config(self) -> dict[str, Any]:
        return {"strength": self.strength, "on": self.on}


def weight_regularizer(
    values: Sequence[Tensor],
    references: Sequence[Tensor],
    factors: Sequence[Tensor | None],
) -> Tensor:
    """R_θ: weighted L1 distance of the shared weights from where a task began.

    Args:
        values: The weights θ now.
        references: θ*, the weights when the current task began.
        factors: u per tensor, broadcastable to it; None stands for 1.

    Returns:
        Scalar: sum over tensors of ‖(θ − θ*) ⊙ u‖₁.

    Source: DESIGN section 1, R_θ; arXiv 2310.00113, equation 5.
    """
    total = ops.zeros((), dtype="float32")
    for value, reference, factor in zip(values, references, factors, strict=True):
        distance = ops.cast(value, "float32") - ops.cast(reference, "float32")
        if factor is not None:
            distance = apply_mask(distance, factor)
        # |d| with gradient 0 at d = 0 on every backend (JAX's `abs` has 1 there, and
        # would move weights that nothing else moves).
        total = total + ops.sum(distance * ops.stop_gradient(ops.sign(distance)))
    return total


def soft_threshold_gradient(value: Tensor, at_reference: Tensor, lam: float) -> Tensor:
    """`value`, whose gradient is soft-thresholded by `lam` where it is `at_reference`.

    At θ = θ* the slope of λ|θ − θ*| is anything from −λ to λ, so a gradient below λ
    does not move θ, and of a larger one λ is taken away (the subgradient of least
    norm). The slope 0 that |d| has in code would let every step of the task loss go
    through and every next one pull back: an optimizer like Adam, whose steps have one
    size, would shake what it is to protect.

    Args:
        value: A weight, float of any shape.
        at_reference: Boolean, of that shape: where it is protected and at θ*.
        lam: λ.

    Returns:
        `value` itself, of the same shape and dtype. A loss scale (float16) multiplies
        its gradient and not λ: there the slope is nearly that of |d| again.

    Source: this library's own; docs/method.md, "In equations".
    """
    # Losses of replicas are added up: each takes its part of λ from its part.
    threshold = ops.cast(lam / replicas.count(), value.dtype)

    @ops.custom_gradient
    def same(value: Tensor) -> tuple[Tensor, Any]:
        def backwards(*args: Tensor, upstream: Tensor = None) -> Tensor:
            if upstream is None:
                (upstream,) = args
            # A replica's own part says nothing of what the sum will be.
            (mean,) = replicas.mean([upstream])
            rest = ops.maximum(ops.abs(mean) - threshold, 0.0)
            return ops.where(at_reference, ops.sign(mean) * rest, upstream)

        return ops.reshape(value, value.shape), backwards

    return same(value)
