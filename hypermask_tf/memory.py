"""What a learner remembers of its earlier tasks, instead of their data."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from hypermask_tf.masks.roles import Roles

Tensor = Any


class TaskMemory(keras.layers.Layer):
    """State taken when a task begins: θ*, what earlier tasks use, their scores.

    Args:
        target: The built target network.
        roles: Its variables' roles. Every trainable variable but normalisation is
            protected, the output bias included.
        num_tasks: Capacity.
        num_scores: Length of a score vector, or 0 to keep no scores.
        keep_use: Whether to keep the marks of protection "used".

    Attributes:
        indices: Indices of the protected variables in the target's trainable ones.
        reference: θ*, one variable per index.
        used: uint8 marks, 1 where an earlier task's mask is not zero.
        scores: z*, `(num_tasks, num_scores)`, or None.
    """

    def __init__(
        self,
        target: keras.Model,
        roles: Roles,
        num_tasks: int,
        num_scores: int,
        keep_use: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        variables = target.trainable_variables
        self.indices = [i for i, n in enumerate(roles.normalization) if not n]
        self.reference = []
        self.used = []
        for i in self.indices:
            name = variables[i].path.replace("/", "_")
            reference = self._state(variables[i].shape, f"reference_{name}")
            reference.assign(ops.copy(variables[i].value))
            self.reference.append(reference)
            if keep_use:
                self.used.append(
                    self._state(variables[i].shape, f"used_{name}", "uint8")
                )
        self.scores = (
            self._state((num_tasks, num_scores), "scores") if num_scores else None
        )
        self.built = True

    def _state(self, shape: Sequence[int], name: str, dtype: str = "float32") -> Any:
        return self.add_weight(
            tuple(shape), initializer="zeros", dtype=dtype, trainable=False, name=name
        )

    def mark_used(self, masks: Sequence[Tensor | None]) -> None:
        """Adds what a finished task stands on: every weight its mask lets through.

        Args:
            masks: Its masks, one per trainable variable of the target; None marks
                the whole variable.
        """
        for variable, index in zip(self.used, self.indices, strict=False):
            mask = masks[index]
            on = (
                ops.ones(variable.shape, dtype="uint8")
                if mask is None
                else ops.cast(ops.not_equal(mask, 0), "uint8")
            )
            variable.assign(ops.maximum(variable.value, on))

    def begin(self, values: Sequence[Tensor], scores: Tensor | None) -> None:
        """Takes θ* from `values` (all trainable ones) and z* from `scores`."""
        for reference, index in zip(self.reference, self.indices, strict=True):
            reference.assign(ops.copy(values[index]))
        if self.scores is not None:
            self.scores.assign(scores)
