"""How many epochs a task took."""

from typing import Any

import keras


class LastEpoch(keras.callbacks.Callback):
    """Counts the epochs of a task, which another callback may end before its time.

    Attributes:
        epochs: Epochs done, those before a resumed run included.
    """

    def __init__(self) -> None:
        super().__init__()
        self.epochs = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epochs = epoch + 1
