"""Operations that reduce tensors along axes."""

import numpy as np

from hypermask_tf.units.rules.registry import register_rule
from hypermask_tf.units.rules.rule import Arrays
from hypermask_tf.units.rules.within_channels import WithinChannels
from hypermask_tf.units.unit_pool import UnitPool
from hypermask_tf.units.unit_recorder import UnitRecorder


@register_rule(*"Mean Max Min Amax Amin".split())
class Reduction(WithinChannels):
    """Over all axes but the last it works within channels."""

    def pass_units(self, pool: UnitPool, inputs: Arrays) -> Arrays | None:
        return None if self._over_channels() else inputs[:1]

    def _over_channels(self) -> bool:
        rank = len(self.step.input_shapes[0])
        return any(a is None or a % rank == rank - 1 for a in self._axes)

    @property
    def _axes(self) -> list[int | None]:
        axis = self.step.operation.axis
        return list(axis) if isinstance(axis, list | tuple) else [axis]


@register_rule("Sum", "Prod", "Var")
class Accumulation(Reduction):
    """What becomes of a constant depends on how many places there are.

    Where that is known, the operation says it.
    """

    def constants(self, inputs: Arrays) -> Arrays:
        values, shape = inputs[0], self.step.input_shapes[0]
        if any(a is not None and shape[a] is None for a in self._axes):
            return [np.where(values == 0, 0.0, np.nan)]
        filled = np.broadcast_to(np.nan_to_num(values), [size or 1 for size in shape])
        results = self.step.run([filled]).reshape(-1, values.size)[0]
        return [np.where(np.isnan(values) | ~np.isfinite(results), np.nan, results)]

    def _stays_in_place(self) -> bool:
        return not self._over_channels()


@register_rule("Std")
class Deviation(Accumulation):
    """Its slope has no end at zero: units that it reads may not be off."""

    def units(self, recorder: UnitRecorder, inputs: Arrays) -> Arrays | None:
        if self._over_channels():
            return None
        recorder.pool.merge(inputs[0], recorder.pool.fixed(inputs[0].size))
        return inputs[:1]
