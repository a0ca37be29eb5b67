"""The rule for concatenation."""

import numpy as np

from hypermask_tf.compaction.rules.barrier import Arrays, Barrier
from hypermask_tf.compaction.sites import Sites


class Concatenate(Barrier):
    """Concatenation: of channels, or of tensors with the same channels."""

    @property
    def _of_channels(self) -> bool:
        rank = len(self.step.output_shapes[0])
        return self.step.operation.axis % rank == rank - 1

    def constants(self, inputs: Arrays) -> Arrays:
        if self._of_channels:
            return [np.concatenate(inputs)]
        agree = np.all([values == inputs[0] for values in inputs], axis=0)
        return [np.where(agree, inputs[0], np.nan)]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        if self._of_channels:
            return np.split(needed[0], np.cumsum(self.in_widths)[:-1])
        return [needed[0] for _ in self.in_widths]

    def _sites(self, pool: Sites, inputs: Arrays) -> Arrays:
        if self._of_channels:
            return [np.concatenate(inputs)]
        for other in inputs[1:]:
            pool.merge(inputs[0], other)
        return [inputs[0]]
