"""The rule for `keras.ops.split`."""

from typing import Any

import numpy as np

from hypermask_tf.compaction.rules.barrier import Arrays, Barrier
from hypermask_tf.compaction.sites import Sites


class Split(Barrier):
    """Splits: of channels, or of tensors into some with the same channels."""

    per_layer = True

    @property
    def of_channels(self) -> bool:
        """Whether it is the channels that are split."""
        rank = len(self.step.input_shapes[0])
        return self.step.operation.axis % rank == rank - 1

    def constants(self, inputs: Arrays) -> Arrays:
        return self._parts(inputs[0])

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        join = np.concatenate if self.of_channels else np.logical_or.reduce
        return [join(needed)]

    def config(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, Any]:
        if not self.of_channels or kept_in[0].all():
            return {}
        *cuts, _ = np.cumsum([kept.sum() for kept in kept_out]).tolist()
        return {"indices_or_sections": cuts}

    def _parts(self, array: np.ndarray) -> Arrays:
        if self.of_channels:
            return np.split(array, np.cumsum(self.out_widths)[:-1])
        return [array] * len(self.out_widths)

    def _sites(self, pool: Sites, inputs: Arrays) -> Arrays:
        return self._parts(inputs[0])
