"""The rule for batch normalisation at inference."""

import numpy as np

from hypermask_tf.compaction.arrays import array_of
from hypermask_tf.compaction.rules.barrier import Arrays, Barrier
from hypermask_tf.compaction.sites import Sites

_VARIABLES = ("gamma", "beta", "moving_mean", "moving_variance")


class BatchNorm(Barrier):
    """γ (x − mean) / sqrt(var + ε) + β per channel: β where γ is zero."""

    per_layer = True

    def constants(self, inputs: Arrays) -> Arrays:
        layer, values = self.step.operation, inputs[0]
        mean, variance = array_of(layer.moving_mean), array_of(layer.moving_variance)
        scaled = (values - mean) / np.sqrt(variance + layer.epsilon)
        if layer.scale:
            gamma = array_of(layer.gamma)
            scaled = np.where(gamma == 0, 0.0, gamma * scaled)
        return [scaled + array_of(layer.beta) if layer.center else scaled]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        layer = self.step.operation
        return [needed[0] & (array_of(layer.gamma) != 0) if layer.scale else needed[0]]

    def weights(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, np.ndarray]:
        layer = self.step.operation
        return {
            name: array_of(getattr(layer, name))[kept_in[0]]
            for name in _VARIABLES
            if getattr(layer, name, None) is not None
        }

    def _sites(self, pool: Sites, inputs: Arrays) -> Arrays:
        return inputs
