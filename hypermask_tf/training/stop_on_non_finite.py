"""Stops a run whose loss is no longer a number."""

import math
from typing import Any

import keras


class NonFiniteLossError(RuntimeError):
    """The loss became NaN or infinite; the model's weights are of no use."""


class StopOnNonFinite(keras.callbacks.Callback):
    """Raises `NonFiniteLossError` as soon as the loss is NaN or infinite.

    Keras's `TerminateOnNaN` only ends the `fit` call, and the next task would go
    on from broken weights.

    Args:
        task: The task being learned, for the message.
    """

    def __init__(self, task: int) -> None:
        super().__init__()
        self._task = task

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            raise NonFiniteLossError(
                f"The loss of task {self._task} became {loss} at batch "
                f"{batch} of this epoch. Lower the learning rate, and check that every "
                "label has an output in the head and that inputs are finite."
            )
