"""The common base of everything that keeps earlier tasks as they were."""

from typing import Any

from hypermask_tf.protection.protected_weights import ProtectedWeights
from hypermask_tf.spec import Spec

Tensor = Any


class Protection(Spec):
    """Says what a training step may do to weights that earlier tasks stand on.

    A subclass overrides what it needs; the base protects nothing.

    Attributes:
        tracks_use: Whether the learner keeps marks of the weights that earlier tasks
            use: `used` is there then, and units can be told free.
        freezes: Whether used weights and the scores of finished tasks stay as they
            were, to the last bit: nothing is forgotten, and drift of the hypernetwork
            is harmless.

    Example:

    >>> import keras
    >>> class SquaredPenalty(Protection):
    ...     tracks_use = True
    ...
    ...     def penalty(self, weights):
    ...         return sum(
    ...             keras.ops.sum(keras.ops.where(u, keras.ops.square(v - r), 0.0))
    ...             for v, r, u in zip(weights.values, weights.references, weights.used)
    ...         )
    """

    tracks_use: bool = False
    freezes: bool = False

    def penalty(self, weights: ProtectedWeights) -> Tensor | None:
        """A loss term of every step but those of the first task; None for none."""
        del weights
        return None

    def effective_value(
        self, value: Tensor, reference: Tensor, used: Tensor, training: bool
    ) -> Tensor:
        """What the networks of tasks are made of in place of a weight.

        Args:
            value: The weight, of any shape.
            reference: What it was when the task being learned began.
            used: Boolean, of that shape: what earlier tasks use.
            training: Whether this is the forward pass of a training step.

        Returns:
            A tensor of the same shape and dtype.
        """
        del reference, used, training
        return value
