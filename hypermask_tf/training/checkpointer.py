"""Saves a run within a task, and ends training there when asked to."""

import time
from collections.abc import Callable
from typing import Any

import keras

from hypermask_tf.training.checkpoint_plan import CheckpointPlan


class Checkpointer(keras.callbacks.Callback):
    """Looks at the clock after every epoch but the last: a save follows it.

    It stands behind all other callbacks: what they do at the end of an epoch is then
    part of what is saved.

    Args:
        save: Saves the run; takes the number of epochs done.
        plan: When to save.
        last: Number of epochs of the task.
        stop_asked: Whether to end. The run is saved first.

    Attributes:
        stopped: Whether it ended training before its time.
    """

    def __init__(
        self,
        save: Callable[[int], None],
        plan: CheckpointPlan,
        last: int,
        stop_asked: Callable[[], bool],
    ) -> None:
        super().__init__()
        self._save, self._plan, self._last = save, plan, last
        self._stop_asked = stop_asked
        self._saved = 0.0
        self.stopped = False

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._saved = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        done = epoch + 1
        # Where another callback has ended training, the task is learned: what comes
        # after it is measured and saved by the run.
        if done == self._last or self.model.stop_training:
            return
        stop = self._stop_asked()
        if stop or self._plan.due(done, time.monotonic() - self._saved):
            self._save(done)
            self._saved = time.monotonic()
        if stop:
            self.stopped = True
            self.model.stop_training = True
