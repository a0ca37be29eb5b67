"""Counts validation accuracy over the outputs that a task has."""

from typing import Any

import keras
import numpy as np

from hypermask_tf.training.evaluation import task_accuracy

_FIGURE = "val_accuracy"


class OwnAccuracy(keras.callbacks.Callback):
    """Puts the accuracy of `task_accuracy` in place of that of `fit`.

    Where tasks have different numbers of classes, a head is wider than most of them
    need, and `fit` takes the arg max over all of it. What is chosen by validation
    accuracy must be chosen by the accuracy that is measured in the end.

    Callbacks see the same logs one after the other, so this one stands before those
    that choose.

    Args:
        task: The task being learned.
        x: Its validation samples, `(n, ...)`.
        y: Their labels, `(n,)`.
        classes: Number of classes of the task.
    """

    def __init__(self, task: int, x: np.ndarray, y: np.ndarray, classes: int) -> None:
        super().__init__()
        self._task, self._data, self._classes = task, (x, y), classes

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        # A model that was compiled without this metric gets none.
        if logs is not None and _FIGURE in logs:
            logs[_FIGURE] = task_accuracy(
                self.model, self._task, *self._data, classes=self._classes
            )
