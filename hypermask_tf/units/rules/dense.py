"""Dense layers and embeddings."""

from typing import Any

import keras
import numpy as np

from hypermask_tf.units.rules.arrays import array_of
from hypermask_tf.units.rules.kernel import Kernel
from hypermask_tf.units.rules.registry import register_rule
from hypermask_tf.units.rules.rule import Arrays, Rule
from hypermask_tf.units.unit_pool import UnitPool
from hypermask_tf.units.unit_recorder import UnitRecorder


@register_rule("Dense")
class Dense(Kernel):
    """A kernel (in, out)."""


@register_rule("Embedding")
class Embedding(Rule):
    """A table (in, out): reads numbers of rows, makes a unit of each column."""

    per_layer = True

    def units(self, recorder: UnitRecorder, inputs: Arrays) -> Arrays | None:
        table = self.step.operation.embeddings
        if not isinstance(table, keras.Variable):  # plus a low-rank update
            return None
        return [recorder.make(table, (1,), None).out_units]

    def applies(self) -> bool:
        # A reversible embedding also multiplies by its table.
        return (
            self.is_one_to_one and type(self.step.operation) is keras.layers.Embedding
        )

    def channels(self, pool: UnitPool, inputs: Arrays) -> Arrays:
        # Its calls have the columns in common, not the number of rows they ask for.
        pool.merge(inputs[0], pool.fixed(inputs[0].size))
        if self._first is None:
            self._first = inputs, [pool.new(self.out_widths[0])]
        return self._first[1]

    def constants(self, inputs: Arrays) -> Arrays:
        table = array_of(self.step.operation.embeddings)
        return [np.where((table == table[0]).all(axis=0), table[0], np.nan)]

    def config(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, Any]:
        return {"output_dim": int(kept_out[0].sum())}

    def weights(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, np.ndarray]:
        return {"embeddings": array_of(self.step.operation.embeddings)[:, kept_out[0]]}

    def _shapes_with_channels(self) -> list[Any]:
        return list(self.step.output_shapes)
