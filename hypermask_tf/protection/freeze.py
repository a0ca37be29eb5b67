"""What earlier tasks use stays as it is, to the last bit."""

from typing import Any

import keras
from keras import ops

from hypermask_tf.protection.protection import Protection

Tensor = Any


@keras.saving.register_keras_serializable("hypermask_tf")
class Freeze(Protection):
    """Freezes the weights that earlier tasks use, and their scores.

    Networks of tasks read used weights from where they were when those tasks ended, so
    a step of any optimizer, weight decay included, leaves earlier tasks as they are,
    bit for bit. Used weights get no gradient.

    Source: this library's own; docs/method.md, "Freezing".
    """

    tracks_use = True
    freezes = True

    def effective_value(
        self, value: Tensor, reference: Tensor, used: Tensor, training: bool
    ) -> Tensor:
        return ops.where(used, reference, value)
