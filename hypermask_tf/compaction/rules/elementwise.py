"""The rule for operations that work position by position."""

import numpy as np

from hypermask_tf.compaction.rules.barrier import Arrays, Barrier
from hypermask_tf.compaction.sites import Sites
from hypermask_tf.units.step import Step

_NOT_EVERYWHERE = ("Sqrt", "Log1p")


class Elementwise(Barrier):
    """Activations, dropout, sums and products: out[i] = f(a[i], b[i], …).

    Inputs are as wide as the output, or one wide and broadcast. Where several are
    wide, their positions become one. A function of constants is a constant, found by
    calling the operation on them; so is a product with zero.
    """

    def __init__(self, step: Step, widths: tuple[list[int], list[int]]) -> None:
        super().__init__(step, widths)
        self.total = step.kind not in _NOT_EVERYWHERE

    def constants(self, inputs: Arrays) -> Arrays:
        shapes = self.step.input_shapes
        filled = [
            np.nan_to_num(values).reshape((1,) * (len(shape) - 1) + (-1,))
            for values, shape in zip(inputs, shapes, strict=True)
        ]
        width = self.out_widths[0]
        result = np.broadcast_to(self.step.run(filled).reshape(-1), width).copy()
        varies = np.any(self._wide([np.isnan(values) for values in inputs]), axis=0)
        result[varies | ~np.isfinite(result)] = np.nan
        if self.step.kind == "Multiply":
            zero = np.any(
                self._wide([np.equal(values, 0) for values in inputs]), axis=0
            )
            result[zero] = 0
        return [result]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        return [
            needed[0] if width == needed[0].size else np.array([needed[0].any()])
            for width in self.in_widths
        ]

    def _wide(self, arrays: Arrays) -> Arrays:
        return [np.broadcast_to(array, self.out_widths[0]) for array in arrays]

    def _sites(self, pool: Sites, inputs: Arrays) -> Arrays:
        wide = [sites for sites in inputs if sites.size == self.out_widths[0]]
        for other in wide[1:]:
            pool.merge(wide[0], other)
        return [wide[0]]
