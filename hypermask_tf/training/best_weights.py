"""Goes back to the weights that did best on validation data."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


class BestWeights(keras.callbacks.Callback):
    """Keeps a copy of what is trained at its best epoch; restores it at the end.

    Counted is what one task can change: trainable variables of the learner, and the
    moving statistics of its target. Optimizer, counters and random generators go on.

    Args:
        monitor: Name of the figure in the logs of an epoch; the first of equals is
            kept.
        mode: Which is best: `"max"` or `"min"`.

    Raises:
        ValueError: At the end of an epoch whose logs lack the figure.

    Source: the authors of HyperMask keep the model with the highest validation
    accuracy on CIFAR-100 and Tiny ImageNet.
    """

    def __init__(self, monitor: str = "val_accuracy", mode: str = "max") -> None:
        super().__init__()
        self.monitor, self._sign = monitor, 1 if mode == "max" else -1
        self.best: float | None = None
        self.best_epoch: int | None = None
        self._kept: list[Any] = []
        self._restored: tuple[Any, Any, list[Any]] = (None, None, [])

    def _variables(self) -> list[Any]:
        return [
            *self.model.trainable_variables,
            *self.model.target.non_trainable_variables,
        ]

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.best, self.best_epoch, self._kept = self._restored
        self._restored = (None, None, [])

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        value = (logs or {}).get(self.monitor)
        if value is None:
            raise ValueError(
                f"Expected {self.monitor!r} among the logs, to keep the best weights "
                f"by. Received: {sorted(logs or {})}. Pass `validation_data` to `fit`."
            )
        if self.best is None or self._sign * (value - self.best) > 0:
            self.best, self.best_epoch = float(value), epoch
            self._kept = [_copy(variable) for variable in self._variables()]

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        for variable, value in zip(self._variables(), self._kept, strict=False):
            variable.assign(value)
        self._kept = []

    def state(self) -> dict[str, Any]:
        """See `Resumable`."""
        return {"best": self.best, "best_epoch": self.best_epoch}

    def arrays(self) -> list[np.ndarray]:
        """See `Resumable`."""
        return [np.asarray(ops.convert_to_numpy(value)) for value in self._kept]

    def restore(self, state: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> None:
        """See `Resumable`."""
        self._restored = (state["best"], state["best_epoch"], list(arrays))


def _copy(variable: Any) -> Any:
    """The value of a variable, in memory of its own: a backend may reuse its."""
    if keras.backend.backend() == "jax":
        # Where it is: bringing 100 million weights to the host takes as long as an
        # epoch on a GPU.
        return ops.copy(variable.value)
    return np.array(ops.convert_to_numpy(variable.value))
