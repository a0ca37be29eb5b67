"""The rule for Flatten and Reshape."""

import numpy as np

from hypermask_tf.compaction.rules.barrier import Arrays, Barrier
from hypermask_tf.compaction.sites import Sites


class Reshape(Barrier):
    """Flatten and Reshape where the last axis keeps, gathers or splits channels.

    (h, w, c) to (h·w·c,): output position i reads channel i mod c. (h·w·c,) to
    (h, w, c): the other way round, and the positions of one channel become one.
    """

    per_layer = True

    @classmethod
    def applies(cls, wide_in: int, wide_out: int) -> bool:
        """Whether one last axis is a multiple of the other."""
        return wide_out % wide_in == 0 or wide_in % wide_out == 0

    @property
    def _gathers(self) -> bool:
        return self.out_widths[0] % self.in_widths[0] == 0

    def constants(self, inputs: Arrays) -> Arrays:
        values, width = inputs[0], self.out_widths[0]
        if self._gathers:
            return [np.tile(values, width // values.size)]
        rows = values.reshape(-1, width)
        return [np.where((rows == rows[0]).all(axis=0), rows[0], np.nan)]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        width = self.in_widths[0]
        if self._gathers:
            return [np.asarray(needed[0].reshape(-1, width).any(axis=0))]
        return [np.tile(needed[0], width // needed[0].size)]

    def _sites(self, pool: Sites, inputs: Arrays) -> Arrays:
        sites, width = inputs[0], self.out_widths[0]
        if self._gathers:
            return [np.tile(sites, width // sites.size)]
        rows = sites.reshape(-1, width)
        for row in rows[1:]:
            pool.merge(rows[0], row)
        return [rows[0]]
