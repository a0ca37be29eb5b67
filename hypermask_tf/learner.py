"""The masked network and its loss: what one training step computes."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from hypermask_tf import data_checks, regularizers, replicas
from hypermask_tf.learner_state import LearnerState, int32
from hypermask_tf.masks import TaskMask

Tensor = Any


class Learner(LearnerState):
    """Forward pass and loss of a learner; `HyperMask` adds tasks to it.

    Args:
        All as in `HyperMask`, where they are explained.
    """

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        data_checks.check_shapes(inputs, self.target)
        current = int32(self._current)
        if not training:
            task = int32(self._active)
            mask = self._mask_at(task)
            outputs, losses = self._masked.run(
                inputs, mask, task, current, training=False
            )
            self._add_losses(losses, mask, task, current)
            return outputs
        # Only the task being learned, whatever others are asked meanwhile.
        task = ops.maximum(current, 0)
        if self.augmentation is not None:
            inputs = self.augmentation(inputs, training=True)
        self._count_step()
        scores, output_term = self._scores_and_drift(task, current)
        finished = int32(self._finished)
        mask = self._task_masks.mask(scores, task, finished, self._ramp(task), finished)
        outputs, losses = self._masked.run(inputs, mask, task, current, training=True)
        outside = self._outlier_loss(inputs, outputs, mask, task, current)
        if replicas.count() > 1:
            # Replicas on one machine take turns where they wait for each other, as in
            # the target just now, and share this list.
            self._clear_losses()
        self.add_loss(self.beta * output_term)
        self.add_loss(self.lam * self._weight_drift(mask))
        if outside is not None:
            self.add_loss(outside)
        self._add_losses(losses, mask, task, current)
        return outputs

    def _add_losses(
        self, losses: Sequence[Tensor], mask: TaskMask, task: Tensor, current: Tensor
    ) -> None:
        """Losses of the target's layers and weights, those of the task's network."""
        for loss in (*losses, *self._masked.penalties(mask, task, current)):
            # A tensor of its own: on JAX Keras knows losses by identity, and would
            # count this one again as the target's.
            self.add_loss(loss + 0.0)

    def _outlier_loss(
        self,
        inputs: Tensor,
        outputs: Tensor,
        mask: TaskMask,
        task: Tensor,
        current: Tensor,
    ) -> Tensor | None:
        """How badly the task's network tells its inputs from made ones, if any are.

        It runs on these as it will be asked, so they leave no trace in statistics of
        batches.
        """
        if self.outliers is None:
            return None
        made = self.outliers(inputs)
        said, _ = self._masked.run(made, mask, task, current, training=False)
        return self.outliers.penalty(outputs, said)

    def _count_step(self) -> None:
        self._steps.assign(self._steps.value + 1)
        # What is written of the task being learned is no longer so.
        self._written.assign(self._finished.value)
        if self.ramp_steps:
            first = ops.cast(self._current.value <= 0, self._first_steps.dtype)
            self._first_steps.assign(self._first_steps.value + first)

    def _ramp(self, task: Tensor) -> Tensor | None:
        """Share of the sparsity that `task` has, or None where it never changes.

        It belongs to the first task for good: if that ended before the ramp did, its
        mask must not change when the next one begins.
        """
        if not self.ramp_steps:
            return None
        steps = ops.cast(ops.maximum(int32(self._first_steps), 1), "float32")
        risen = ops.minimum(steps / self.ramp_steps, 1.0)
        return ops.where(ops.equal(task, 0), risen, 1.0)

    def _mask_at(self, task: Tensor) -> TaskMask:
        finished, written = int32(self._finished), int32(self._written)
        scores = self._task_masks.scores(task, written)
        return self._task_masks.mask(scores, task, finished, self._ramp(task), written)

    def _scores_and_drift(self, task: Tensor, current: Tensor) -> tuple[Tensor, Tensor]:
        if not self._drifts:
            nothing = ops.zeros((), dtype="float32")
            return self._task_masks.scores(task, int32(self._finished)), nothing
        return self._task_masks.scores_and_drift(
            task, current, self._steps.value <= 1, self._random
        )

    def _weight_drift(self, mask: TaskMask) -> Tensor:
        if self.lam == 0 or self.protection == "hard":
            return ops.zeros((), dtype="float32")
        memory, variables = self._memory, self.target.trainable_variables
        use: list[Any] = [None] * len(memory.indices)
        if self.protection == "used":
            use = [variable.value for variable in memory.used]
        elif self.protection == "current":
            factors = self._layout.current_use(mask.scores, mask.masks)
            use = [factors[i] for i in memory.indices]
        drift = regularizers.weight_regularizer(
            [variables[i].value for i in memory.indices],
            [variable.value for variable in memory.reference],
            use,
        )
        # The first task has nothing to protect.
        return ops.where(self._current.value > 0, drift, 0.0)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        total = super().compute_loss(x, y, y_pred, sample_weight, training=training)
        limit = data_checks.label_limit(self.loss, self.target)
        if limit is not None and y is not None and not keras.tree.is_nested(y):
            total = total + self._labels.update_state(y, limit)
        if training:
            terms = self.losses
            self._output_term.update_state(terms[0])
            self._weight_term.update_state(terms[1])
            if self._outlier_term is not None:
                self._outlier_term.update_state(terms[2])
            # Keras divides by the number of replicas, whose gradients it adds up.
            self._task_loss.update_state(total * replicas.count() - sum(terms))
        return total

    def get_metrics_result(self) -> dict[str, Any]:
        logs = super().get_metrics_result()
        logs.pop(self._labels.name, None)
        if self._evaluating:
            # Regularisers are not part of an evaluation; zeros would mislead.
            terms = (self._output_term, self._weight_term, self._outlier_term)
            own = {m.name for m in (self._task_loss, *terms) if m is not None}
            logs = {k: v for k, v in logs.items() if k not in own}
        return logs
