"""Ends a task where validation accuracy no longer rises."""

import keras

from hypermask_tf.training.resumable import Remembering


class Patience(Remembering, keras.callbacks.EarlyStopping):
    """Keras's `EarlyStopping` on validation accuracy, and able to go on.

    `BestWeights` goes back to the best weights; this only stops.

    Args:
        epochs: Epochs without a new best after which training ends.

    Example:

    >>> Patience(3).patience
    3
    """

    REMEMBERED = ("best", "wait")

    def __init__(self, epochs: int) -> None:
        super().__init__("val_accuracy", mode="max", patience=epochs)
