"""The common base of mask layouts: what a vector of scores means for a target."""

from collections.abc import Sequence
from typing import Any

from keras import ops

from hypermask_tf.masks import activations, threshold
from hypermask_tf.masks.roles import Roles

Tensor = Any


class MaskLayout:
    """Turns a score vector into masks over a target's trainable variables.

    Args:
        roles: The roles of the target's variables.
        group_sizes: Sizes of the score groups that share one threshold, in order.
        sparsity: Percentage of each group set to exactly zero, 0 <= p < 100.
        activation: Name of a mask activation, see `masks.activations`.

    Raises:
        ValueError: If `sparsity` or `activation` is out of range.
    """

    def __init__(
        self,
        roles: Roles,
        group_sizes: Sequence[int],
        sparsity: float,
        activation: str = "abs_tanh",
    ) -> None:
        if not 0 <= sparsity < 100:
            raise ValueError(
                "`sparsity` is a percentage, 0 <= sparsity < 100 (90 keeps one "
                f"weight or unit in ten). Received: sparsity={sparsity}"
            )
        self.roles = roles
        self.group_sizes = tuple(int(size) for size in group_sizes)
        self.sparsity = float(sparsity)
        self._activation = activations.get(activation)

    @property
    def num_scores(self) -> int:
        """N, the number of scores a hypernetwork has to emit."""
        return sum(self.group_sizes)

    def keep(self, scores: Tensor, ramp: Tensor | None = None) -> Tensor:
        """Which scores are on; boolean `(N,)`. `ramp` in 0..1 scales sparsity."""
        if self.sparsity == 0:
            return ops.ones((self.num_scores,), dtype="bool")
        # |tanh| is monotonic in |z|, so the threshold is sought on |z|.
        return threshold.keep_largest(
            ops.abs(scores),
            self.group_sizes,
            threshold.ranks(self.group_sizes, self.sparsity, ramp),
        )

    def values(self, scores: Tensor, ramp: Tensor | None = None) -> Tensor:
        """The semi-binary mask over the scores themselves; `(N,)`."""
        return self._activation(scores, self.keep(scores, ramp))

    def masks(self, scores: Tensor, ramp: Tensor | None = None) -> list[Tensor | None]:
        """Masks of all trainable variables, broadcastable to them; None: unmasked."""
        raise NotImplementedError

    def current_use(
        self, scores: Tensor, masks: Sequence[Tensor | None]
    ) -> list[Tensor | None]:
        """u of protection "current": the task's own mask. None stands for 1."""
        del scores
        return list(masks)
