"""Calls of a learner exclude each other, check first, and roll back when they fail."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import keras

from hypermask_tf import checks
from hypermask_tf.distribution import replicas
from hypermask_tf.learner import data_checks
from hypermask_tf.learner.failed_calls import check_labels_seen, explained
from hypermask_tf.learner.finite_guard import NonFiniteLossError, check_loss
from hypermask_tf.learner.snapshot import Snapshot
from hypermask_tf.surgery.layer_watch import LayerWatch
from hypermask_tf.tasks.task_names import TaskLike


class CallGuard:
    """Lets one call at a time learn, and one ask; what fails leaves nothing changed.

    Args:
        model: The learner.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._watch = LayerWatch(model.target)
        self._just_loaded = False
        # One call trains or evaluates at a time, and one asks for a task's network.
        self._learn_lock, self.ask_lock = threading.RLock(), threading.RLock()
        # What layers add as losses lies in lists of theirs that all threads share.
        self._step_lock = threading.RLock()
        self._before_task: Snapshot | None = None
        self._data_digest: str | None = None

    def stepping(self) -> contextlib.AbstractContextManager[Any]:
        """While this lasts, no other thread runs the network in Python.

        Replicas take turns in it, where they wait for each other.
        """
        return self._step_lock if replicas.count() == 1 else contextlib.nullcontext()

    def loaded(self) -> None:
        """Called when a file was read: the target's layers get their state next."""
        self._just_loaded, self._before_task = True, None

    def undo_task(self) -> None:
        """Gives up the task being learned, see `HyperMask.undo_task`."""
        with self._learn_lock:
            if self._before_task is None:
                raise ValueError(
                    "There is no task to undo: none has begun since this learner was "
                    "made, loaded, or last undone. Load a file from before the task."
                )
            with self.ask_lock:
                self._before_task.restore()
            self._before_task = None
            self._data_digest = None

    @contextlib.contextmanager
    def forgetting(self) -> Iterator[None]:
        """Removes a task in here, wholly or not at all, and keeps no copy of it."""
        with self._learn_lock, self.ask_lock:
            before = Snapshot(self._model)
            try:
                yield
            except BaseException:
                before.restore()
                raise
            self._before_task = self._data_digest = None

    @contextlib.contextmanager
    def beginning(self) -> Iterator[None]:
        """Begins a task in here, wholly or not at all."""
        before, kept = Snapshot(self._model), self._before_task
        # It changes which network runs: nobody may be asking meanwhile.
        with self.ask_lock:
            try:
                yield
            except BaseException:
                before.restore()
                self._before_task = kept
                raise
        self._before_task = before

    def refresh(self) -> None:
        """Notices what was changed from outside since the last call.

        Raises:
            ValueError: If layers were frozen, or a layer was changed that finished
                tasks of a protection that freezes compute with.
        """
        state = self._model.state
        state.network.check_trainable()
        changed, loaded = self._watch.changed(), self._just_loaded
        self._just_loaded = False
        if not changed:
            return
        if state.num_finished_tasks and not loaded:
            last = state.names.label(state.num_finished_tasks - 1)
            what = (
                f"Layers changed since task {last} was "
                "finished, so networks of finished tasks are no longer what they were: "
                "an attribute was set, or `adapt` was called again. "
            )
            if state.protection.freezes:
                raise ValueError(
                    f"{what}`{state.protection!r}` promises that they stay. Put the "
                    f"layers back as they were. Received: layers {changed}"
                )
            checks.warn(f"{what}Received: layers {changed}")
        self._watch = LayerWatch(self._model.target)
        state.network.compact = state.make_compact_forward()
        self._model.forget_compiled_steps()

    @contextlib.contextmanager
    def asking(self, task: TaskLike | None) -> Iterator[None]:
        """While this lasts, the network that runs is that of `task`."""
        model = self._model
        with contextlib.ExitStack() as stack:
            if keras.backend.backend() == "jax":
                # There variables have no values while steps are taken.
                stack.enter_context(self._learn_lock)
            stack.enter_context(self.ask_lock)
            self.refresh()
            # Not while somebody else takes steps: what is written would be old.
            if self._learn_lock.acquire(blocking=False):
                stack.callback(self._learn_lock.release)
                model.order.write_down()
            before, values = model.active_task, self._values_at_hand()
            if task is not None:
                model.active_task = task
            try:
                yield
            except BaseException:
                self._take_back(values)
                raise
            finally:
                model.state.counters.active.assign(before)

    def _values_at_hand(self) -> list[tuple[Any, Any]]:
        """On JAX, the values of all variables: a call takes them away meanwhile."""
        if keras.backend.backend() != "jax":
            return []
        return [(variable, variable.value) for variable in self._model.variables]

    def _take_back(self, values: list[tuple[Any, Any]]) -> None:
        """Gives variables their values after a call that broke off."""
        if values:
            self._model.jax_state_sync()  # of steps that were taken
        for variable, value in values:
            if not value.is_deleted():  # else a step has taken it
                variable.assign(value)

    @contextlib.contextmanager
    def evaluating(self, task: TaskLike | None, x: Any, y: Any) -> Iterator[None]:
        """While this lasts, the network of `task` is evaluated."""
        with self._learn_lock, self.asking(task):
            self._model.is_evaluating = True
            try:
                yield
                check_labels_seen(self._model)
            except Exception as error:
                raise explained(self._model, error, x, y) from error.__cause__
            finally:
                self._model.is_evaluating = False

    @contextlib.contextmanager
    def learning(self, x: Any, y: Any) -> Iterator[None]:
        """Whatever is raised in here, the learner is as before."""
        with self._learn_lock:
            self.refresh()
            before, kept = Snapshot(self._model), self._before_task
            digest = self._data_digest
            try:
                yield
            except Exception as error:
                clearer = explained(self._model, error, x, y)
                with self.ask_lock:
                    before.restore()
                self._before_task, self._data_digest = kept, digest
                raise clearer from error.__cause__

    @contextlib.contextmanager
    def learning_batch(self, x: Any, y: Any) -> Iterator[None]:
        """The same for one batch, which is too little to remember all for."""
        model = self._model
        with self._learn_lock:
            self.refresh()
            learned = model.num_learned_tasks
            try:
                yield
                label = model.state.names.label(max(learned - 1, 0))
                check_loss(model.get_metrics_result()["loss"], label)
            except Exception as error:
                clearer = explained(model, error, x, y)
                fatal = isinstance(clearer, NonFiniteLossError)
                if self._before_task and (fatal or model.num_learned_tasks > learned):
                    self.undo_task()
                raise clearer from error.__cause__

    def note_data(self, task: TaskLike | None, x: Any, y: Any) -> None:
        """Warns when data that are plainly others come without a task."""
        digest = data_checks.digest(x, y)
        before, self._data_digest = self._data_digest, digest
        if task is None and None not in (before, digest) and before != digest:
            current = max(self._model.num_learned_tasks - 1, 0)
            label = self._model.state.names.label(current)
            checks.warn(
                f"`fit` got other data than before and no `task`: it goes on with task "
                f"{label}, which may forget what it learned. `task={current}` says "
                f"that this is meant; `task={current + 1}`, or a new name, begins "
                "another task."
            )
