"""Batch norm with batch statistics even at test time, as the authors evaluate."""

from typing import Any

import keras

Tensor = Any


@keras.saving.register_keras_serializable("hypermask_tf")
class TransductiveBatchNormalization(keras.layers.BatchNormalization):
    """Normalises by the statistics of the batch at hand, in training and after.

    Predictions then depend on which other samples share the batch: a published
    figure that used it saw its whole test set at once. It is here to reproduce
    such figures; `HyperMask.bake` refuses it, since a device sees one sample.

    Args:
        Those of `keras.layers.BatchNormalization`.

    Call arguments:
        inputs: Tensor of any rank, channels last.
        training: Ignored.

    Reference: the authors' code of HyperMask (arXiv 2310.00113), which keeps no
    running statistics.
    """

    def call(
        self, inputs: Tensor, training: bool | None = None, mask: Tensor | None = None
    ) -> Tensor:
        del training
        return super().call(inputs, training=True, mask=mask)
