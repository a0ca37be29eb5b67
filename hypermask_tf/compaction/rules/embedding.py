"""The rule for embeddings."""

from typing import Any

import numpy as np

from hypermask_tf.compaction.arrays import array_of
from hypermask_tf.compaction.rules.barrier import Arrays, Barrier
from hypermask_tf.compaction.sites import Sites


class Embedding(Barrier):
    """A table (in, out): reads numbers of rows, makes a position of each column."""

    per_layer = True

    def constants(self, inputs: Arrays) -> Arrays:
        table = array_of(self.step.operation.embeddings)
        return [np.where((table == table[0]).all(axis=0), table[0], np.nan)]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        return [np.ones_like(values, dtype=bool) for values in constants]

    def config(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, Any]:
        return {"output_dim": int(kept_out[0].sum())}

    def weights(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, np.ndarray]:
        return {"embeddings": array_of(self.step.operation.embeddings)[:, kept_out[0]]}

    def sites(self, pool: Sites, inputs: Arrays) -> Arrays:
        # Its calls have the columns in common, not the number of rows they ask for.
        pool.keep(inputs[0])
        if self._first is None:
            self._first = inputs, [pool.new(self.out_widths[0])]
        return self._first[1]
