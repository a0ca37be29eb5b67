"""What a learner remembers of its earlier tasks, instead of their data."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from hypermask_tf.protection import Protection

Tensor = Any


class TaskMemory(keras.layers.Layer):
    """State taken when a task begins: θ*, what earlier tasks use, their scores.

    Args:
        target: The built target network.
        protected: One flag per trainable variable: whether tasks share it. What
            belongs to a task, its normalisation for instance, needs no protection.
        num_tasks: Capacity.
        num_scores: Length of a score vector.
        keep_scores: Whether to keep the scores of earlier tasks.
        keep_support: Whether to keep which scores are on for each finished task.
        protection: What may become of the weights that earlier tasks use; marks of
            these are kept if it tracks use.

    Attributes:
        indices: Indices of the protected variables in the target's trainable ones.
        reference: θ*, one variable per index.
        used: Boolean marks, true where an earlier task's mask is not zero.
        scores: z*, `(num_tasks, num_scores)`, or None.
        support: Boolean `(num_tasks, num_scores)`: which scores of a finished task are
            on, or None.
        pinned: Boolean `(num_scores,)`, true for units of an earlier task that the one
            being learned keeps, because it inherits them; or None.
    """

    def __init__(
        self,
        target: keras.Model,
        protected: Sequence[bool],
        num_tasks: int,
        num_scores: int,
        *,
        keep_scores: bool,
        keep_support: bool,
        protection: Protection,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.protection = protection
        variables = target.trainable_variables
        self.indices = [i for i, flag in enumerate(protected) if flag]
        self.reference = []
        self.used = []
        for i in self.indices:
            name = variables[i].path.replace("/", "_")
            wide = variables[i].dtype == "float64"
            reference = self._state(
                variables[i].shape,
                f"reference_{name}",
                "float64" if wide else "float32",
            )
            reference.assign(ops.copy(variables[i].value))
            self.reference.append(reference)
            if protection.tracks_use:
                self.used.append(
                    self._state(variables[i].shape, f"used_{name}", "bool")
                )
        rows = (num_tasks, num_scores)
        self.scores = self._state(rows, "scores") if keep_scores else None
        self.support = self._state(rows, "support", "bool") if keep_support else None
        self.pinned = (
            self._state((num_scores,), "pinned", "bool") if keep_support else None
        )
        self.built = True

    def _state(self, shape: Sequence[int], name: str, dtype: str = "float32") -> Any:
        return self.add_weight(
            tuple(shape), initializer="zeros", dtype=dtype, trainable=False, name=name
        )

    def effective(
        self, values: Sequence[Tensor], training: bool = False
    ) -> list[Tensor]:
        """What every network of a task is made of: values, as the protection has them.

        Args:
            values: Values of all trainable variables of the target.
            training: Whether this is the forward pass of a training step.
        """
        effective = list(values)
        for index, used, reference in zip(
            self.indices, self.used, self.reference, strict=False
        ):
            value = effective[index]
            before = ops.cast(reference.value, value.dtype)
            effective[index] = self.protection.effective_value(
                value, before, used.value, training
            )
        return effective

    def scores_in_use(self, finished: Tensor) -> Tensor:
        """Which scores are on in one of the `finished` first tasks; `(scores,)`."""
        support = ops.cast(self.support.value, "int32")  # type: ignore[union-attr]
        earlier = ops.cast(ops.arange(support.shape[0]) < finished, "int32")
        return ops.max(support * ops.expand_dims(earlier, 1), axis=0) > 0

    def end(self, task: int, keep: Tensor | None, scores: Tensor | None) -> None:
        """Writes down the support and the scores of a task that has ended."""
        for variable, row in ((self.support, keep), (self.scores, scores)):
            if variable is not None and row is not None:
                rows = ops.convert_to_numpy(variable.value).copy()
                rows[task] = ops.convert_to_numpy(row)
                variable.assign(rows)

    def mark_used(self, masks: Sequence[Tensor | None]) -> None:
        """Adds what a finished task stands on: every weight its mask lets through.

        Args:
            masks: Its masks, one per trainable variable of the target; None marks
                the whole variable.
        """
        for variable, index in zip(self.used, self.indices, strict=False):
            mask = masks[index]
            on = (
                ops.ones(variable.shape, dtype="bool")
                if mask is None
                else ops.not_equal(mask, 0)
            )
            variable.assign(ops.logical_or(variable.value, on))

    def unmark(self) -> None:
        """Takes all marks away."""
        for variable in self.used:
            variable.assign(ops.zeros_like(variable.value))

    def take_reference(self, values: Sequence[Tensor]) -> None:
        """Takes θ* from `values`, those of all trainable variables."""
        for reference, index in zip(self.reference, self.indices, strict=True):
            reference.assign(ops.copy(values[index]))

    def begin(self, values: Sequence[Tensor], scores: Tensor | None) -> None:
        """Takes θ* from `values` (all trainable ones) and z* from `scores`."""
        if self.pinned is not None:
            self.pinned.assign(ops.zeros_like(self.pinned.value))
        self.take_reference(values)
        if self.scores is not None and scores is not None:
            self.scores.assign(scores)
