"""Lowers the learning rate where validation accuracy stays."""

import keras

from hypermask_tf.training.resumable import Remembering


class Plateau(Remembering, keras.callbacks.ReduceLROnPlateau):
    """Keras's `ReduceLROnPlateau` with the authors' settings, and able to go on.

    The rate falls by √0.1, a factor of about three, where validation accuracy has not
    risen for five epochs, down to 5e-7. The rate itself is the optimizer's.

    Source: the authors' runs on CIFAR-100 and Tiny ImageNet.
    """

    REMEMBERED = ("best", "wait", "cooldown_counter")

    def __init__(self) -> None:
        super().__init__(
            "val_accuracy", mode="max", factor=0.1**0.5, patience=5, min_lr=5e-7
        )
