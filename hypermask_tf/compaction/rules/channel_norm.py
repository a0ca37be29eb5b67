"""The rule for group normalisation with one channel per group."""

import numpy as np

from hypermask_tf.compaction.arrays import array_of
from hypermask_tf.compaction.rules.barrier import Arrays
from hypermask_tf.compaction.rules.batch_norm import BatchNorm


class ChannelNorm(BatchNorm):
    """γ (x − mean) / sqrt(var + ε) + β over a channel's own places.

    A constant is its own mean, so β is left of it, and where γ is zero.
    """

    def constants(self, inputs: Arrays) -> Arrays:
        layer, constant = self.step.operation, np.isfinite(inputs[0])
        if layer.scale:
            constant = constant | (array_of(layer.gamma) == 0)
        beta = array_of(layer.beta) if layer.center else 0.0
        return [np.where(constant, beta, np.nan)]
