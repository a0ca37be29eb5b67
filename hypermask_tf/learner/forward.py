"""The forward pass of a learner and the loss terms it adds."""

from typing import Any

from keras import ops

from hypermask_tf.masks import TaskMask
from hypermask_tf.protection import ProtectedWeights
from hypermask_tf.tasks import LearnerState
from hypermask_tf.tasks.counters import int32

Tensor = Any
# Loss terms that the learner itself adds, as logs call them.
DRIFT, PENALTY = "output_regularization", "weight_regularization"
OUTLIERS = "outlier_loss"
LossTerms = dict[str, Tensor]


class Forward:
    """Runs the network of the active task, or a training step's.

    Args:
        state: The parts of the learner.
        augmentation: Applied to the inputs in training; None for nothing.
        outliers: Makes inputs of no task in training; None for nothing.
        random: Seed generator for sampled tasks.

    Attributes:
        term_names: Names of the loss terms of a training step, as `add_loss` gets them.
    """

    def __init__(
        self, state: LearnerState, augmentation: Any, outliers: Any, random: Any
    ) -> None:
        self.state = state
        self._augmentation, self._outliers = augmentation, outliers
        self._random = random
        self.term_names = [DRIFT, PENALTY, *([] if outliers is None else [OUTLIERS])]

    def infer(self, inputs: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Outputs of the active task's network, and the losses of its layers."""
        counters = self.state.counters
        task, current = int32(counters.active), int32(counters.current)
        mask = self.state.mask_at(task)
        network = self.state.network
        outputs, losses = network.run(inputs, mask, task, current, training=False)
        return outputs, [*losses, *network.penalties(mask, task, current)]

    def train(self, inputs: Tensor) -> tuple[Tensor, LossTerms, list[Tensor]]:
        """Outputs of the task being learned, whatever others are asked meanwhile.

        Returns:
            Outputs, the learner's own loss terms, and the losses of its layers.
        """
        state = self.state
        current = int32(state.counters.current)
        task = ops.maximum(current, 0)
        if self._augmentation is not None:
            inputs = self._augmentation(inputs, training=True)
        self._count_step()
        scores, drift = self._scores_and_drift(task, current)
        finished = int32(state.counters.finished)
        mask = state.task_masks.mask(scores, task, finished, state.ramp(task), finished)
        network = state.network
        outputs, losses = network.run(inputs, mask, task, current, training=True)
        terms = {
            DRIFT: state.drift_penalty.strength * drift,
            PENALTY: self._weight_penalty(mask),
        }
        if self._outliers is not None:
            # On these it runs as it will be asked, so they leave no trace in
            # statistics of batches.
            made = self._outliers(inputs)
            said, _ = network.run(made, mask, task, current, training=False)
            terms[OUTLIERS] = self._outliers.penalty(outputs, said)
        return outputs, terms, [*losses, *network.penalties(mask, task, current)]

    def _count_step(self) -> None:
        counters = self.state.counters
        counters.steps.assign(counters.steps.value + 1)
        # What is written of the task being learned is no longer so.
        counters.written.assign(counters.finished.value)
        if self.state.masks.ramp_steps:
            first = ops.cast(counters.current.value <= 0, counters.first_steps.dtype)
            counters.first_steps.assign(counters.first_steps.value + first)

    def _scores_and_drift(self, task: Tensor, current: Tensor) -> tuple[Tensor, Tensor]:
        state = self.state
        if not state.drifts:
            scores = state.task_masks.scores(task, int32(state.counters.finished))
            return scores, ops.zeros((), dtype="float32")
        return state.task_masks.scores_and_drift(
            task, current, state.counters.steps.value <= 1, self._random
        )

    def _weight_penalty(self, mask: TaskMask) -> Tensor:
        state = self.state
        memory, variables = state.memory, state.target.trainable_variables

        def factors() -> list[Tensor | None]:
            found = state.layout.current_use(mask.scores, mask.masks)
            return [found[i] for i in memory.indices]

        penalty = state.protection.penalty(
            ProtectedWeights(
                [variables[i].value for i in memory.indices],
                [variable.value for variable in memory.reference],
                [variable.value for variable in memory.used],
                factors,
            )
        )
        if penalty is None:
            return ops.zeros((), dtype="float32")
        # The first task has nothing to protect.
        return ops.where(state.counters.current.value > 0, penalty, 0.0)
