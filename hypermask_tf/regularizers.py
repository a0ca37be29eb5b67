"""The two terms that stop forgetting, as functions of tensors."""

from collections.abc import Sequence
from typing import Any

from keras import ops

from hypermask_tf import replicas
from hypermask_tf.masks.apply import apply_mask

Tensor = Any

PROTECTIONS = ("all", "current", "used", "hard")
# How the sum over t earlier tasks is scaled: its mean, the authors' mean of the
# mean (their library call and their script both divide by t), or not at all.
REDUCTIONS = ("mean", "authors", "sum")


def output_weights(num_tasks: int, current: Tensor, reduction: str) -> Tensor:
    """Weight of each task's drift while task `current` is learned.

    Args:
        num_tasks: Capacity.
        current: int32 scalar t; tasks 0 … t - 1 count, the others weigh 0.
        reduction: `"mean"` (1/t), `"authors"` (1/t²) or `"sum"` (1).

    Returns:
        float32 tensor `(num_tasks,)`.
    """
    earlier = ops.cast(ops.arange(num_tasks) < current, "float32")
    return earlier * reduction_factor(current, reduction)


def reduction_factor(current: Tensor, reduction: str) -> Tensor:
    """1/t, 1/t² or 1 for t = `current`, float32 scalar; t = 0 counts as 1."""
    power = {"mean": 1, "authors": 2, "sum": 0}[reduction]
    return 1.0 / ops.cast(ops.maximum(current, 1), "float32") ** power


def output_regularizer(scores: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """R_out: squared drift of earlier tasks' raw scores.

    Args:
        scores: H(e_j) now, `(tasks, scores)`.
        targets: H(e_j) when the current task began, same shape.
        weights: Weight of each row, `(tasks,)`.

    Returns:
        Scalar: sum over j of weights_j · ‖scores_j − targets_j‖².

    Source: DESIGN section 1, R_out; arXiv 2310.00113, equation 4.
    """
    drift = ops.sum(ops.square(scores - targets), axis=-1)
    return ops.sum(weights * drift)


def at_rest(value: Tensor, rests: Tensor, lam: float) -> Tensor:
    """`value`, whose gradient is what an L1 penalty leaves of it where it `rests`.

    At θ = θ* the slope of λ|θ − θ*| is anything from −λ to λ, so a gradient below λ
    does not move θ, and of a larger one λ is taken away (the subgradient of least
    norm). The slope 0 that |d| has in code would let every step of the task loss go
    through and every next one pull back: an optimizer like Adam, whose steps have one
    size, would shake what it is to protect.

    Args:
        value: A weight, float of any shape.
        rests: Boolean, of that shape: where it is protected and at θ*.
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
            return ops.where(rests, ops.sign(mean) * rest, upstream)

        return ops.reshape(value, value.shape), backwards

    return same(value)


def weight_regularizer(
    values: Sequence[Tensor],
    references: Sequence[Tensor],
    use: Sequence[Tensor | None],
) -> Tensor:
    """R_θ: weighted L1 distance of the shared weights from where a task began.

    Args:
        values: The weights θ now.
        references: θ*, the weights when the current task began.
        use: u per tensor, broadcastable to it; None stands for 1.

    Returns:
        Scalar: sum over tensors of ‖(θ − θ*) ⊙ u‖₁.

    Source: DESIGN section 1, R_θ; arXiv 2310.00113, equation 5.
    """
    total = ops.zeros((), dtype="float32")
    for value, reference, factor in zip(values, references, use, strict=True):
        distance = ops.cast(value, "float32") - ops.cast(reference, "float32")
        if factor is not None:
            distance = apply_mask(distance, factor)
        # |d| with gradient 0 at d = 0 on every backend (JAX's `abs` has 1 there, and
        # would move weights that nothing else moves).
        total = total + ops.sum(distance * ops.stop_gradient(ops.sign(distance)))
    return total
