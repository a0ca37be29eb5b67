"""From a task to its scores and masks, and how far those of earlier ones drift."""

from typing import Any

import keras
from keras import ops

from hypermask_tf.hypernetworks import DriftPenalty, Hypernetwork
from hypermask_tf.hypernetworks.drift_penalty import drift
from hypermask_tf.hypernetworks.wide_product import whole_gradient
from hypermask_tf.masks import MaskLayout, TaskMask
from hypermask_tf.tasks.task_memory import TaskMemory

Tensor = Any


class TaskMasks:
    """What a hypernetwork says of a task, and what the memory has written down.

    Args:
        hypernetwork: From tasks to scores.
        layout: From scores to masks.
        memory: What finished tasks left: their scores if they are held, and which
            units they are made of.
        drift_penalty: How R_out is scaled over earlier tasks, and estimated.
    """

    def __init__(
        self,
        hypernetwork: Hypernetwork,
        layout: MaskLayout,
        memory: TaskMemory,
        drift_penalty: DriftPenalty,
    ) -> None:
        self.hypernetwork, self.layout, self.memory = hypernetwork, layout, memory
        self.drift_penalty = drift_penalty

    @property
    def num_tasks(self) -> int:
        return self.hypernetwork.num_tasks

    def scores(self, task: Tensor, written: Tensor) -> Tensor:
        """Scores of `task`, `(N,)`; those of the `written` first tasks as held."""
        scores = self.hypernetwork(ops.reshape(task, (1,)))[0]
        if not (self.memory.protection.freezes and self.memory.scores is not None):
            return scores
        held = ops.take(self.memory.scores.value, task, axis=0)
        return ops.where(task < written, held, scores)

    def mask(
        self,
        scores: Tensor,
        task: Tensor,
        finished: Tensor,
        ramp: Tensor | None,
        written: Tensor,
    ) -> TaskMask:
        """The mask of `task`.

        Args:
            scores: Its scores, `(N,)`.
            task: The task, int32 scalar.
            finished: How many tasks are finished; what these use is in use.
            ramp: Share of the sparsity that it has; None for all.
            written: Of how many tasks it is written down what is on, and stays so.
        """
        if self.memory.support is None:
            return TaskMask(self.layout, scores, self.layout.keep(scores, ramp))
        free = None
        if self.layout.counts.excludes_used:
            free = ops.logical_not(self.memory.scores_in_use(finished))
        pinned: Any = self.memory.pinned
        # They are those of the task being learned, not of one that has not begun.
        pinned = ops.logical_and(pinned.value, task <= finished)
        keep = self.layout.keep(scores, ramp, free, pinned)
        held = ops.take(self.memory.support.value, task, axis=0)
        return TaskMask(self.layout, scores, ops.where(task < written, held, keep))

    def all_scores(self) -> Tensor:
        """Scores of every task, `(num_tasks, N)`."""
        return self.hypernetwork(ops.arange(self.num_tasks, dtype="int32"))

    def scores_and_drift(
        self, task: Tensor, current: Tensor, first_step: Tensor, random: Any
    ) -> tuple[Tensor, Tensor]:
        """Scores of the task being learned, and R_out, from one pass through H.

        All tasks go through at once: those not begun weigh 0 in R_out, so shapes never
        change, and a step takes as long for the first task as for the last.

        Args:
            task, current: int32 scalars.
            first_step: Whether this is the first step of the task.
            random: Seed generator for the sample.
        """
        targets: Any = self.memory.scores.value  # type: ignore[union-attr]
        if self.drift_penalty.sampled_tasks is None:
            # The task is one of all: a sum with zeros picks it out, whose gradient is
            # elementwise. (A slice's is a row in a matrix of zeros.)
            scores = self.all_scores()
            own = ops.one_hot(task, self.num_tasks, dtype=scores.dtype)
            picked = ops.sum(ops.expand_dims(own, 1) * scores, axis=0)
            if self.hypernetwork.fused:
                one = ops.cast(task >= 0, "int32")
                picked = whole_gradient(picked, one)
            weights = self.drift_penalty.weights(self.num_tasks, current)
        else:
            others, weights = self._sample(current, random)
            targets = ops.take(targets, others, axis=0)
            rows = ops.concatenate([ops.reshape(task, (1,)), others])
            scores = self.hypernetwork(rows)
            picked, scores = scores[0], scores[1:]
        moved = drift(scores, targets, weights)
        # At a task's first step nothing has drifted yet. What is left is rounding,
        # which Adam would turn into steps of full size.
        return picked, ops.where(first_step, 0.0, moved)

    def _sample(self, current: Tensor, random: Any) -> tuple[Tensor, Tensor]:
        """Random earlier tasks, weighted so that the expectation is R_out."""
        count: Any = self.drift_penalty.sampled_tasks
        draws = keras.random.uniform((count,), seed=random)
        earlier = ops.cast(ops.maximum(current, 1), "float32")
        chosen = ops.minimum(ops.floor(draws * earlier), earlier - 1)
        factor = self.drift_penalty.factor(current)
        share = ops.where(current > 0, earlier * factor / count, 0.0)
        return ops.cast(chosen, "int32"), ops.broadcast_to(share, (count,))
