"""A target network whose variables are replaced on the fly by a task's own."""

import inspect
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from hypermask_tf.distribution import replicas
from hypermask_tf.masks import TaskMask, apply_mask
from hypermask_tf.masks.health import health
from hypermask_tf.normalization import NormalizationBank
from hypermask_tf.normalization.normalization_bank import ABSENT
from hypermask_tf.own_width import OwnWidthTarget
from hypermask_tf.tasks.task_memory import TaskMemory

Tensor = Any


class MaskedTarget:
    """Runs f(x; m ⊙ θ) with the normalisation of a task.

    The one place that says which values a task's network has; the learner's
    forward pass and `bake` both ask here.

    Args:
        target: The built target network.
        memory: What earlier tasks use, and what may become of it.
        bank: What belongs to a task: normalisation, perhaps the head.
        statistics: One flag per non-trainable variable: moved by what a batch holds.
        compact: The same at a task's own width, which computes less; None to compute
            all.
    """

    def __init__(
        self,
        target: keras.Model,
        memory: TaskMemory,
        bank: NormalizationBank,
        statistics: Sequence[bool],
        compact: OwnWidthTarget | None = None,
    ) -> None:
        self.target, self.memory, self.bank = target, memory, bank
        self.compact = compact
        self._statistics = statistics
        self._takes_training = "training" in inspect.signature(target.call).parameters
        self._count = len(target.trainable_variables)
        self._weight_penalties = sum(
            v.regularizer is not None for v in target.trainable_variables
        )

    def values(
        self, mask: TaskMask, task: Tensor, current: Tensor, training: bool = False
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Values of a task's trainable and non-trainable variables, in order."""
        trainable, fixed = self._unmasked(task, current, training)
        masked = [
            value if factor is None else apply_mask(value, factor)
            for value, factor in zip(trainable, mask.masks, strict=True)
        ]
        return masked, fixed

    def penalties(self, mask: TaskMask, task: Tensor, current: Tensor) -> list[Tensor]:
        """What the target's weight penalties say of the network of a task.

        What earlier tasks use counts, and gets no gradient, nor does the mask:
        penalties of weights act on those that are free. Outputs that a task does not
        have are none of its weights.
        """
        variables = self.target.trainable_variables
        penalised = [i for i, v in enumerate(variables) if v.regularizer is not None]
        if not penalised:
            return []
        trainable, _ = self._unmasked(task, current, absent=0.0)
        held = dict(zip(self.memory.indices, self.memory.used, strict=False))
        found = []
        for i in penalised:
            value, factor = trainable[i], mask.masks[i]
            if i in held:
                value = ops.where(held[i].value, ops.stop_gradient(value), value)
            if factor is not None:
                value = apply_mask(value, ops.stop_gradient(factor))
            found.append(variables[i].regularizer(value))
        return found

    def _unmasked(
        self,
        task: Tensor,
        current: Tensor,
        training: bool = False,
        absent: float = ABSENT,
    ) -> tuple[list[Tensor], list[Tensor]]:
        self.check_trainable()
        scales = self.bank.scales(task, current)
        shared = self.memory.effective(
            [v.value for v in self.target.trainable_variables], training
        )
        trainable = [scales.get(i, value) for i, value in enumerate(shared)]
        trainable = self.bank.present(trainable, task, absent)
        statistics = self.bank.statistics(task, current)
        fixed = [
            statistics.get(i, variable.value)
            for i, variable in enumerate(self.target.non_trainable_variables)
        ]
        return trainable, fixed

    def check_trainable(self) -> None:
        """Raises a ValueError if layers were frozen since the target was wrapped."""
        if len(self.target.trainable_variables) != self._count:
            raise ValueError(
                "Layers of the target were frozen or thawed after it was wrapped. Set "
                "`trainable` before, or leave variables unmasked with `maskable`. "
                f"Expected {self._count} trainable variables. Received: "
                f"{len(self.target.trainable_variables)}"
            )

    def run(
        self,
        inputs: Tensor,
        mask: TaskMask,
        task: Tensor,
        current: Tensor,
        training: bool,
    ) -> tuple[Tensor, list[Tensor]]:
        """Output of the task's network, and losses: NaN if a weight is, its layers'."""
        kwargs: dict[str, Any] = {}
        if self._takes_training:
            kwargs["training"] = training
        if self.compact is not None:
            trainable, fixed = self._unmasked(task, current, training)
            outputs, updated, losses = self.compact.run(
                inputs, trainable, fixed, mask, **kwargs
            )
        else:
            trainable, fixed = self.values(mask, task, current, training)
            outputs, updated, losses = self.target.stateless_call(
                trainable, fixed, inputs, return_losses=True, **kwargs
            )
            losses = [health(trainable), *losses]
        if training:
            # Statistics of the task being learned, and the state of dropout. Weights of
            # frozen layers, which come back as they were given, are not written.
            moved = self.target.non_trainable_variables, self._agreed(updated), fixed
            for variable, value, given in zip(*moved, strict=True):
                if value is not given:
                    value = ops.where(task >= current, value, variable.value)
                    variable.assign(value)
        # Weight penalties stand last; they are those of a network at another width.
        return outputs, losses[: len(losses) - self._weight_penalties]

    def _agreed(self, values: Sequence[Tensor]) -> list[Tensor]:
        """`values` of non-trainable variables, the same on every replica."""
        seen = [
            i
            for i, flag in enumerate(self._statistics)
            if flag and "float" in keras.backend.standardize_dtype(values[i].dtype)
        ]
        means = dict(zip(seen, replicas.mean([values[i] for i in seen]), strict=True))
        return [means.get(i, value) for i, value in enumerate(values)]
