"""The rule for PReLU, an activation with weights."""

import numpy as np

from hypermask_tf.compaction.arrays import array_of
from hypermask_tf.compaction.rules.barrier import Arrays, Barrier
from hypermask_tf.compaction.sites import Sites


class LearnedLeaky(Barrier):
    """PReLU: x where it is positive, else a learned slope times x."""

    per_layer = True

    def constants(self, inputs: Arrays) -> Arrays:
        values = inputs[0]
        slopes = array_of(self.step.operation.alpha)
        slopes = slopes.reshape(-1, slopes.shape[-1])
        even = np.where((slopes == slopes[0]).all(axis=0), slopes[0], np.nan)
        negative = np.where(values == 0, 0.0, even * values)
        return [np.where(values > 0, values, negative)]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        return needed

    def weights(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, np.ndarray]:
        slopes = array_of(self.step.operation.alpha)
        shared = slopes.shape[-1] != kept_in[0].size
        return {} if shared else {"alpha": slopes[..., kept_in[0]]}

    def _sites(self, pool: Sites, inputs: Arrays) -> Arrays:
        return inputs
