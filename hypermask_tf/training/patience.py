"""Ends a task where it no longer gets better on validation data."""

import keras

from hypermask_tf.training.measure import ACCURACY, Measure
from hypermask_tf.training.resumable import Remembering


class Patience(Remembering, keras.callbacks.EarlyStopping):
    """Keras's `EarlyStopping` on a measure of validation data, and able to go on.

    `BestWeights` goes back to the best weights; this only stops.

    Args:
        epochs: Epochs without a new best after which training ends.
        measure: What is to get better.

    Example:

    >>> Patience(3).patience
    3
    """

    REMEMBERED = ("best", "wait")

    def __init__(self, epochs: int, measure: Measure = ACCURACY) -> None:
        super().__init__(measure.monitor, mode=measure.mode, patience=epochs)
