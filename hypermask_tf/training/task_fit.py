"""One task's training: the one place that runs steps over its data."""

import contextlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from hypermask_tf.learner import data_checks
from hypermask_tf.training.batches import task_batches
from hypermask_tf.training.device_loop import on_device
from hypermask_tf.training.own_accuracy import OwnAccuracy

# Large: every batch makes the mask anew, which costs more than the samples do.
_VALIDATION_BATCH = 1000


def fit_task(
    model: Any,
    x: np.ndarray,
    y: np.ndarray,
    rows: np.ndarray,
    *,
    task: int,
    epoch_steps: int,
    initial_epoch: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    validation_data: tuple[np.ndarray, np.ndarray] | None = None,
    classes: int | None = None,
    inherit: int | None = None,
    num_classes: int | None = None,
    loop: str = "fit",
    weights: np.ndarray | None = None,
) -> None:
    """Takes the steps of a task that are still to come.

    What has been learned lies in `model`; order and content of the steps in `rows`. So
    a task that stopped after any epoch goes on as if it had not.

    Args:
        model: A compiled `HyperMask`.
        x: Training samples, `(n, ...)`.
        y: Labels, `(n,)`.
        rows: What each step of the whole task sees, from `batch_rows`.
        task: The task, as in `HyperMask.fit`.
        epoch_steps: Steps of an epoch; divides the number of steps.
        initial_epoch: Epochs that the model has learned already.
        callbacks: As in `keras.Model.fit`.
        validation_data: What to measure after each epoch; None for nothing.
        classes: Number of classes of the task, where the head may be wider: its
            validation accuracy is then that of `task_accuracy`. None for all outputs.
        inherit: As in `HyperMask.fit`; only where the task begins.
        num_classes: The same.
        loop: What feeds the steps: `"fit"`, batch by batch from the host; or
            `"device"`, which has the samples (see `DeviceLoop`).
        weights: Weight of each sample in the loss, for `"fit"`; None for one each.

    Raises:
        ValueError: If the loop does not suit the model or the backend.
    """
    rest = rows[initial_epoch * epoch_steps :]
    watching = list(callbacks)
    wide = data_checks.num_outputs(model.target)
    if validation_data is not None and classes is not None and classes != wide:
        watching.insert(0, OwnAccuracy(task, *validation_data, classes))
    with contextlib.ExitStack() as stack:
        if loop == "device":
            data = stack.enter_context(on_device(model, x, y)).feed(rest)
        else:
            data = task_batches(x, y, rest, weights)
        model.fit(
            data,
            task=task,
            epochs=len(rows) // epoch_steps,
            initial_epoch=initial_epoch,
            steps_per_epoch=epoch_steps,
            shuffle=False,  # `rows` are shuffled
            callbacks=watching,
            validation_data=validation_data,
            validation_batch_size=_VALIDATION_BATCH,
            verbose=0,
            inherit=inherit,
            num_classes=num_classes,
        )
