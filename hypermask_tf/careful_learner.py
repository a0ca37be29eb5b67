"""Calls that leave a learner as it was when they fail, one at a time."""

import contextlib
import threading
import warnings
import weakref
from collections.abc import Iterator
from typing import Any

import keras

from hypermask_tf import checks, data_checks
from hypermask_tf.failed_calls import check_labels_seen, explained
from hypermask_tf.finite_guard import NonFiniteLossError, check_finite, check_loss
from hypermask_tf.mask_reader import MaskReader
from hypermask_tf.snapshot import Snapshot
from hypermask_tf.surgery.layer_watch import LayerWatch
from hypermask_tf.surgery.witness import Witness


class CarefulLearner(MaskReader):
    """A learner whose calls exclude each other, check first, and roll back.

    Args:
        All as in `HyperMask`, where they are explained.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._watch = LayerWatch(self.target)
        self._just_loaded = False
        self._witness = Witness(weakref.ref(self))
        # One call trains or evaluates at a time, and one asks for a task's network.
        self._learn_lock, self._ask_lock = threading.RLock(), threading.RLock()
        self._before_task: Snapshot | None = None
        self._data_digest: str | None = None

    def undo_task(self) -> None:
        """Gives up the task being learned: all is as before it began.

        The task before it is open again. Of a learner that was loaded from a file, or
        made by `extend` or `grow`, only tasks that began since can be undone.

        Raises:
            ValueError: If no task has begun since.
        """
        with self._learn_lock:
            if self._before_task is None:
                raise ValueError(
                    "There is no task to undo: none has begun since this learner was "
                    "made, loaded, or last undone. Load a file from before the task."
                )
            with self._ask_lock:
                self._before_task.restore()
            self._before_task = None
            self._data_digest = None

    def begin_task(self, task: int, inherit: int | None = None) -> None:
        self.refresh()
        if self.num_learned_tasks > self.num_finished_tasks:
            check_finite(self, self.num_learned_tasks - 1)
        before, kept = Snapshot(self), self._before_task
        # It changes which network runs: nobody may be asking meanwhile.
        with self._ask_lock:
            try:
                super().begin_task(task, inherit)
            except BaseException:
                before.restore()
                self._before_task = kept
                raise
        self._before_task = before

    def load_own_variables(self, store: Any) -> None:
        super().load_own_variables(store)
        # The target's layers get their state after this.
        self._just_loaded, self._before_task = True, None

    def refresh(self) -> None:
        """Notices what was changed from outside since the last call.

        Raises:
            ValueError: If layers were frozen, or a layer was changed that finished
                tasks of hard protection compute with.
        """
        self._masked.check_trainable()
        changed, loaded = self._watch.changed(), self._just_loaded
        if not changed:
            self._just_loaded = False
            return
        if self.num_finished_tasks and not loaded:
            what = (
                f"Layers changed since task {self.num_finished_tasks - 1} was "
                "finished, so networks of finished tasks are no longer what they were: "
                "an attribute was set, or `adapt` was called again. "
            )
            if self.protection == "hard":
                raise ValueError(
                    what + '`protection="hard"` promises that they stay. Put the '
                    f"layers back as they were. Received: layers {changed}"
                )
            warnings.warn(f"{what}Received: layers {changed}", stacklevel=4)
        self._just_loaded = False
        self._watch = LayerWatch(self.target)
        self._masked.narrow = self._make_narrow()
        # Compiled steps hold what the layers were.
        self.train_function = self.test_function = self.predict_function = None
        self.device_loop = None

    @contextlib.contextmanager
    def _asking(self, task: int | None) -> Iterator[None]:
        """While this lasts, the network that runs is that of `task`."""
        with contextlib.ExitStack() as stack:
            if keras.backend.backend() == "jax":
                # There variables have no values while steps are taken.
                stack.enter_context(self._learn_lock)
            stack.enter_context(self._ask_lock)
            self.refresh()
            # Not while somebody else takes steps: what is written would be old.
            if self._learn_lock.acquire(blocking=False):
                stack.callback(self._learn_lock.release)
                self._write_down()
            before, values = self.active_task, self._values_at_hand()
            if task is not None:
                self.active_task = task
            try:
                yield
            except BaseException:
                self._take_back(values)
                raise
            finally:
                self._active.assign(before)

    def _values_at_hand(self) -> list[tuple[Any, Any]]:
        """On JAX, the values of all variables: a call takes them away meanwhile."""
        if keras.backend.backend() != "jax":
            return []
        return [(variable, variable.value) for variable in self.variables]

    def _take_back(self, values: list[tuple[Any, Any]]) -> None:
        """Gives variables their values after a call that broke off."""
        if values:
            self.jax_state_sync()  # of steps that were taken
        for variable, value in values:
            if not value.is_deleted():  # else a step has taken it
                variable.assign(value)

    @contextlib.contextmanager
    def _evaluating_task(self, task: int | None, x: Any, y: Any) -> Iterator[None]:
        with self._learn_lock, self._asking(task):
            self._evaluating = True
            try:
                yield
                check_labels_seen(self)
            except Exception as error:
                raise explained(self, error, x, y) from error.__cause__
            finally:
                self._evaluating = False

    @contextlib.contextmanager
    def _learning(self, x: Any, y: Any) -> Iterator[None]:
        """Whatever is raised in here, the learner is as before."""
        checks.check_compiled(self)
        with self._learn_lock:
            self.refresh()
            before, kept = Snapshot(self), self._before_task
            digest = self._data_digest
            try:
                yield
            except Exception as error:
                clearer = explained(self, error, x, y)
                with self._ask_lock:
                    before.restore()
                self._before_task, self._data_digest = kept, digest
                raise clearer from error.__cause__

    @contextlib.contextmanager
    def _learning_batch(self, x: Any, y: Any) -> Iterator[None]:
        """The same for one batch, which is too little to remember all for."""
        checks.check_compiled(self)
        with self._learn_lock:
            self.refresh()
            learned = self.num_learned_tasks
            try:
                yield
                check_loss(self.get_metrics_result()["loss"], max(learned - 1, 0))
            except Exception as error:
                clearer = explained(self, error, x, y)
                fatal = isinstance(clearer, NonFiniteLossError)
                if self._before_task and (fatal or self.num_learned_tasks > learned):
                    self.undo_task()
                raise clearer from error.__cause__

    def _on_device(self) -> bool:
        """Whether `fit` gets which samples to take; these are on the device already."""
        return self.device_loop is not None and self.train_function is self.device_loop

    def _note_data(self, task: int | None, x: Any, y: Any) -> None:
        """Warns when data that are plainly others come without a task."""
        digest = data_checks.digest(x, y)
        before, self._data_digest = self._data_digest, digest
        if task is None and None not in (before, digest) and before != digest:
            current = max(self.num_learned_tasks - 1, 0)
            warnings.warn(
                f"`fit` got other data than before and no `task`: it goes on with task "
                f"{current}, which may forget what it learned. `task={current}` says "
                f"that this is meant; `task={current + 1}` begins another task.",
                stacklevel=3,
            )
