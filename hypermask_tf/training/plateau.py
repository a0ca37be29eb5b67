"""Lowers the learning rate where a measure of validation data stays."""

import keras

from hypermask_tf.training.measure import ACCURACY, Measure
from hypermask_tf.training.resumable import Remembering


class Plateau(Remembering, keras.callbacks.ReduceLROnPlateau):
    """Keras's `ReduceLROnPlateau` with the authors' settings, and able to go on.

    The rate falls by √0.1, a factor of about three, where validation accuracy has not
    got better for five epochs, down to 5e-7. The rate itself is the optimizer's.

    Args:
        measure: What is to get better.

    Source: the authors' runs on CIFAR-100 and Tiny ImageNet.
    """

    REMEMBERED = ("best", "wait", "cooldown_counter")

    def __init__(self, measure: Measure = ACCURACY) -> None:
        super().__init__(
            measure.monitor,
            mode=measure.mode,
            factor=0.1**0.5,
            patience=5,
            min_lr=5e-7,
        )
