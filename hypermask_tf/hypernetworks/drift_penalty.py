"""What stops the masks of earlier tasks from drifting with a shared hypernetwork."""

from typing import Any

import keras
from keras import ops

from hypermask_tf import checks
from hypermask_tf.spec import Spec

Tensor = Any

# Powers of 1/t, for t earlier tasks: the mean over them, the authors' mean of the mean
# (their library call and their script both divide by t), or the plain sum.
_POWERS = {"mean": 1, "authors": 2, "sum": 0}
REDUCTIONS = tuple(_POWERS)


@keras.saving.register_keras_serializable("hypermask_tf")
class DriftPenalty(Spec):
    """Penalises how far the scores of earlier tasks move: the output regulariser.

    Args:
        strength: Weight β of the penalty, per squared unit of score; 0 for none.
        reduction: How the sum over earlier tasks is scaled: `"mean"`, `"authors"`
            (divided by their number twice, as the authors' code does) or `"sum"`.
        sampled_tasks: Estimate it from so many random earlier tasks each step; None
            for all.

    Raises:
        ValueError: If the strength is negative or not finite, the reduction unknown, or
            the number of tasks not positive.

    Example:

    >>> float(DriftPenalty(reduction="sum").factor(3))
    1.0

    Reference: HyperMask, arXiv 2310.00113, equation 4; von Oswald et al., arXiv
    1906.00695.
    """

    def __init__(
        self,
        strength: float = 1e-3,
        reduction: str = "mean",
        sampled_tasks: int | None = None,
    ) -> None:
        if sampled_tasks is not None:
            sampled_tasks = checks.check_positive("sampled_tasks", sampled_tasks)
        self.strength = checks.check_strength("strength", strength)
        self.reduction = checks.check_choice("reduction", reduction, REDUCTIONS)
        self.sampled_tasks = sampled_tasks

    def factor(self, current: Tensor) -> Tensor:
        """What the sum over t = `current` earlier tasks is multiplied by; float32."""
        power = _POWERS[self.reduction]
        return 1.0 / ops.cast(ops.maximum(current, 1), "float32") ** power

    def weights(self, num_tasks: int, current: Tensor) -> Tensor:
        """Weight of each task's drift while task `current` is learned.

        Args:
            num_tasks: Capacity.
            current: int32 scalar t; tasks 0 … t - 1 count, the others weigh 0.

        Returns:
            float32 tensor `(num_tasks,)`.
        """
        earlier = ops.cast(ops.arange(num_tasks) < current, "float32")
        return earlier * self.factor(current)

    def get_config(self) -> dict[str, Any]:
        return {
            "strength": self.strength,
            "reduction": self.reduction,
            "sampled_tasks": self.sampled_tasks,
        }


def drift(scores: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """R_out: squared drift of earlier tasks' raw scores.

    Args:
        scores: H(e_j) now, `(tasks, scores)`.
        targets: H(e_j) when the current task began, same shape.
        weights: Weight of each row, `(tasks,)`.

    Returns:
        Scalar: sum over j of weights_j · ‖scores_j − targets_j‖².

    Source: DESIGN section 1, R_out; arXiv 2310.00113, equation 4.
    """
    moved = ops.sum(ops.square(scores - targets), axis=-1)
    return ops.sum(weights * moved)
