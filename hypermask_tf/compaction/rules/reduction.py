"""The rule for sums, products and deviations over places."""

import numpy as np

from hypermask_tf.compaction.rules.barrier import Arrays
from hypermask_tf.compaction.rules.structural import Structural


class Reduction(Structural):
    """Sum, product, variance …: channel i stays channel i, its value does not.

    They are known by their axes. What becomes of a constant depends on how many
    places there are: where that is known, the operation says it.
    """

    def constants(self, inputs: Arrays) -> Arrays:
        values = inputs[0]
        shape = self.step.input_shapes[0]
        if any(shape[axis] is None for axis in self._axes):
            return super().constants(inputs)
        filled = np.broadcast_to(np.nan_to_num(values), [size or 1 for size in shape])
        results = self.step.run([filled]).reshape(-1, values.size)[0]
        return [np.where(np.isnan(values) | ~np.isfinite(results), np.nan, results)]

    @property
    def _axes(self) -> list[int]:
        axis, rank = self.step.operation.axis, len(self.step.input_shapes[0])
        axes = axis if isinstance(axis, list | tuple) else [axis]
        return [rank - 1 if a is None else a % rank for a in axes]

    def _try_out(self) -> None:
        last = len(self.step.input_shapes[0]) - 1
        self.channelwise = last not in self._axes
