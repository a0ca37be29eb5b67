"""The order of tasks: what happens when one begins, and when it ends."""

from typing import Any

from keras import ops

from hypermask_tf import capacity, checks, transfer
from hypermask_tf.learner import Learner
from hypermask_tf.masks import TaskMask

Tensor = Any


class TaskLearner(Learner):
    """A learner that knows which task it is at, and closes the one before.

    Args:
        All as in `HyperMask`, where they are explained.
    """

    @property
    def num_learned_tasks(self) -> int:
        """Tasks that have begun, the one being learned included."""
        return int(ops.convert_to_numpy(self._current.value)) + 1

    @property
    def num_finished_tasks(self) -> int:
        """Tasks that are closed: all but the one being learned."""
        return int(ops.convert_to_numpy(self._finished.value))

    @property
    def active_task(self) -> int:
        """The task whose network `model(x)` runs; settable."""
        return int(ops.convert_to_numpy(self._active.value))

    @active_task.setter
    def active_task(self, task: int) -> None:
        self._active.assign(checks.check_task(task, self.num_tasks))

    def begin_task(self, task: int, inherit: int | None = None) -> None:
        """Closes the previous task and takes what protects it; `fit` calls it.

        Args:
            task: The next task in order.
            inherit: An earlier task to start from a copy of, see `fit`.

        Raises:
            ValueError: If it is not the next one, or beyond capacity, or cannot
                inherit.
        """
        task = checks.check_task(task, self.num_tasks)
        checks.check_begin(task, self.num_learned_tasks)
        transfer.check_inherit(self, task, inherit)
        # First what may fail: then nothing has changed.
        self._optimizer_reset.begin_task(task)
        if task > self.num_finished_tasks:
            self._end(task - 1)
        self.hypernetwork.begin_task(task)
        scores = self._task_masks.all_scores() if self._drifts else None
        self._memory.begin([v.value for v in self.target.trainable_variables], scores)
        self._bank.begin(task)
        self._current.assign(task)
        self._finished.assign(task)
        self._written.assign(task)
        self._active.assign(task)
        self._steps.assign(0)
        if inherit is not None:
            transfer.inherit(self, task, inherit)
        elif task > 0:
            transfer.strengthen(self, task)
            transfer.quieten(self, task)
        capacity.warn_if_full(self)

    def _write_down(self) -> None:
        """Notes the mask of the task being learned, where it is to stay to the bit.

        Steps compiled by XLA round otherwise than the note that is taken when a task
        ends: predictions would change with it, in their last bits.
        """
        task = self.num_learned_tasks - 1
        if not self._memory.hard or task < int(ops.convert_to_numpy(self._written)):
            return
        mask = self._mask_of(task)
        self._memory.end(task, mask.on, mask.scores)
        self._written.assign(task + 1)

    def _end(self, task: int) -> None:
        """Writes down what a finished task is made of."""
        index = ops.convert_to_tensor(task, dtype="int32")
        mask = self._mask_at(index)
        self._bank.archive(task)
        if self._memory.hard:
            variables = self.target.trainable_variables
            held = self._memory.hold([variable.value for variable in variables])
            for i in self._memory.indices:
                variables[i].assign(held[i])
            # Before any mark: a marked weight is what its reference says.
            self._memory.take_reference([variable.value for variable in variables])
        else:
            # Masks drift a little: mark what every earlier one lets through now.
            for earlier in range(task):
                self._memory.mark_used(self._mask_of(earlier).masks)
        self._memory.mark_used(mask.masks)
        self._memory.end(task, mask.on, mask.scores if self._memory.hard else None)

    def _enter(self, task: int | None, inherit: int | None = None) -> None:
        """Continues the task being learned, or begins the next."""
        checks.check_compiled(self)
        self._optimizer_reset.remember()
        learned = self.num_learned_tasks
        task = max(learned - 1, 0) if task is None else task
        task = checks.check_task(task, self.num_tasks)
        checks.check_order(task, learned, self.num_finished_tasks)
        if task == learned:
            self.begin_task(task, inherit)
        elif inherit is not None:
            raise ValueError(
                "`inherit` is for the start of a task. "
                f"Received: inherit={inherit}, but task {task} has begun"
            )
        self.active_task = task

    def _mask_of(self, task: int) -> TaskMask:
        return self._mask_at(ops.convert_to_tensor(task, dtype="int32"))
