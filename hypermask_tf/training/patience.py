"""Ends a task where validation accuracy no longer rises."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

_REMEMBERED = ("best", "wait")


class Patience(keras.callbacks.EarlyStopping):
    """Keras's `EarlyStopping` on validation accuracy, and able to go on.

    `BestWeights` goes back to the best weights; this only stops.

    Args:
        epochs: Epochs without a new best after which training ends.

    Example:

    >>> Patience(3).patience
    3
    """

    def __init__(self, epochs: int) -> None:
        super().__init__("val_accuracy", mode="max", patience=epochs)
        self._restored: dict[str, Any] = {}

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        for name, value in self._restored.items():
            setattr(self, name, value)
        self._restored = {}

    def state(self) -> dict[str, Any]:
        """See `Resumable`."""
        best = None if self.best is None else float(self.best)
        return {"best": best, "wait": int(self.wait)}

    def arrays(self) -> list[np.ndarray]:
        """See `Resumable`."""
        return []

    def restore(self, state: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> None:
        """See `Resumable`."""
        del arrays
        self._restored = {name: state[name] for name in _REMEMBERED}
