"""Stops training at the first number that is none."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops


class NonFiniteLossError(RuntimeError):
    """A loss, gradient or weight became NaN or infinite; nothing was learned."""


class FiniteGuard(keras.callbacks.Callback):
    """Raises `NonFiniteLossError` once the loss or a weight is NaN or infinite.

    A learner's loss is NaN as soon as a weight that a step uses is not finite, so the
    loss is all that has to be looked at. It is looked at one call late, when it is
    known without waiting for the device; weights themselves at the end of an epoch.

    Args:
        task: What the task being learned is called in the message.
    """

    def __init__(self, task: str) -> None:
        super().__init__()
        self._task = task
        self._last: Any = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._last = None

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        self._check()
        self._last = (logs or {}).get("loss")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._check()
        self._last = None
        check_finite(self.model, self._task)

    def _check(self) -> None:
        if self._last is not None:
            check_loss(self._last, self._task)


def check_loss(loss: Any, task: str) -> None:
    """Raises a `NonFiniteLossError` if the loss of a step is NaN or infinite."""
    value = float(np.asarray(ops.convert_to_numpy(loss)))
    if not math.isfinite(value):
        raise NonFiniteLossError(
            f"The loss of task {task} became {value}, or a weight did, and nothing of "
            "this call is kept. Check that inputs and labels are finite and that "
            "every label has an output in the head; else lower the learning rate, or "
            "clip gradients (`clipnorm` of the optimizer)."
        )


def check_finite(model: Any, task: str) -> None:
    """Raises a `NonFiniteLossError` if a weight that is trained is not finite."""
    broken = [v.path for v in model.trainable_variables if not _is_finite(v)]
    if broken:
        raise NonFiniteLossError(
            f"Weights became NaN or infinite while task {task} was learned. Nothing of "
            "this call is kept. Check that inputs and labels are finite; else lower "
            "the learning rate, or clip gradients (`clipnorm` of the optimizer). "
            f"Received: {', '.join(broken[:3])}{' …' if len(broken) > 3 else ''}"
        )


def _is_finite(variable: Any) -> bool:
    return bool(ops.convert_to_numpy(ops.isfinite(ops.sum(variable.value))))
