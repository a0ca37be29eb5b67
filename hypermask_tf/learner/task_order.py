"""The order of tasks: what happens when one begins, and when it ends."""

from typing import Any

from hypermask_tf import checks, transfer
from hypermask_tf.compiling.optimizer_reset import OptimizerReset
from hypermask_tf.learner import capacity, head_size, learner_checks
from hypermask_tf.tasks import LearnerState
from hypermask_tf.tasks.counters import number
from hypermask_tf.tasks.task_names import TaskLike

Tensor = Any


class TaskOrder:
    """Knows which task a learner is at, and closes the one before.

    Args:
        state: The parts of the learner.
        optimizer_reset: Gives every task a fresh optimizer.
    """

    def __init__(self, state: LearnerState, optimizer_reset: OptimizerReset) -> None:
        self.state, self._optimizer_reset = state, optimizer_reset

    def check(
        self,
        task: TaskLike | None,
        inherit: TaskLike | None,
        num_classes: int | None = None,
    ) -> int:
        """The task that `fit` is to learn: the one being learned, or the next.

        Raises:
            ValueError: If the task is out of order or beyond capacity.
        """
        self._optimizer_reset.remember()
        learned = self.state.num_learned_tasks
        index = self.state.index_to_learn(max(learned - 1, 0) if task is None else task)
        learner_checks.check_order(self.state, index, task)
        if inherit is not None and index != learned:
            raise ValueError(
                "`inherit` is for the start of a task. Received: "
                f"inherit={inherit!r}, but task {self.state.names.label(index)} has "
                "begun"
            )
        if num_classes is not None:
            head_size.check_num_classes(self.state, num_classes)
        known = self.state.num_outputs(index) or self.state.bank.head_width
        if num_classes not in (None, known) and index < learned:
            raise ValueError(
                f"Task {self.state.names.label(index)} has begun with {known} classes. "
                f"Received: num_classes={num_classes}"
            )
        return index

    def begin(
        self,
        name: TaskLike,
        inherit: TaskLike | None,
        num_classes: int | None = None,
    ) -> None:
        """Closes the previous task and takes what protects it.

        Args:
            name: The next task, by its index, or by a new name that it gets.
            inherit: An earlier task to start from a copy of, by either.
            num_classes: Outputs of its head; None for all of the target's.

        Raises:
            ValueError: If it is not the next one, or beyond capacity, or cannot
                inherit.
        """
        state, counters = self.state, self.state.counters
        task = state.index_to_learn(name)
        learner_checks.check_begin(state, task)
        source = None if inherit is None else state.index(inherit)
        transfer.check_inherit(state, task, source)
        if num_classes is not None:
            head_size.check_num_classes(state, num_classes)
            head_size.try_head(state, task, num_classes)
        if task == 0:
            learner_checks.warn_of_trained(state)
        if isinstance(name, str):
            self._give(task, name)
        # First what may fail: then nothing has changed.
        self._optimizer_reset.begin_task(task)
        if task > state.num_finished_tasks:
            self._end(task - 1)
        state.hypernetwork.begin_task(task)
        scores = state.task_masks.all_scores() if state.drifts else None
        state.memory.begin(self._values(), scores)
        state.bank.begin(task, source)
        state.bank.set_num_outputs(task, num_classes or 0)
        for counter in (counters.current, counters.finished, counters.written):
            counter.assign(task)
        counters.active.assign(task)
        counters.steps.assign(0)
        if state.roles.own:
            pass
        elif source is not None:
            transfer.inherit(state, task, source)
        elif task > 0:
            transfer.raise_scores(state, task)
            transfer.zero_unused_connections(state, task)
        capacity.warn_if_full(state)

    def _give(self, task: int, name: str) -> None:
        """Names a new task, and warns where a known one may have been meant."""
        names = self.state.names
        meant = names.slip(name, self.state.tasks) if names.find(name) is None else None
        names.give(task, name)
        if meant is not None:
            checks.warn(
                f"Task {task} begins, under the new name {name!r}. If {meant!r} was "
                "meant, `undo_task()` takes this back."
            )

    def close(self) -> None:
        """Ends the task being learned; the next one is yet to begin."""
        learned, counters = self.state.num_learned_tasks, self.state.counters
        if learned > self.state.num_finished_tasks:
            self._end(learned - 1)
        counters.finished.assign(learned)
        counters.written.assign(learned)

    def write_down(self) -> None:
        """Notes the mask of the task being learned, where it is to stay to the bit.

        Steps compiled by XLA round otherwise than the note that is taken when a task
        ends: predictions would change with it, in their last bits.
        """
        state, task = self.state, self.state.num_learned_tasks - 1
        if not state.protection.freezes or task < number(state.counters.written):
            return
        mask = state.mask_of(task)
        state.memory.end(task, mask.on, mask.scores)
        state.counters.written.assign(task + 1)

    def _values(self) -> list[Tensor]:
        return [v.value for v in self.state.target.trainable_variables]

    def _end(self, task: int) -> None:
        """Writes down what a finished task is made of."""
        state, memory = self.state, self.state.memory
        mask = state.mask_of(task)
        state.bank.archive(task)
        if state.protection.freezes:
            frozen = memory.effective(self._values())
            for i in memory.indices:
                state.target.trainable_variables[i].assign(frozen[i])
            # Before any mark: a marked weight is what its reference says.
            memory.take_reference(self._values())
        else:
            # Masks drift a little: mark what every earlier one lets through now.
            for earlier in range(task):
                memory.mark_used(state.mask_of(earlier).masks)
        memory.mark_used(mask.masks)
        memory.end(task, mask.on, mask.scores if state.protection.freezes else None)
