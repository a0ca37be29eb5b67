"""Layers and operations that merge several tensors."""

import numpy as np

from hypermask_tf.units.rules.elementwise import Elementwise
from hypermask_tf.units.rules.registry import register_rule
from hypermask_tf.units.rules.rule import Arrays, Rule
from hypermask_tf.units.unit_pool import NOTHING, UnitPool
from hypermask_tf.units.unit_recorder import UnitRecorder


@register_rule("Maximum", "Minimum")
class Merge(Elementwise):
    """Channel by channel the units of all inputs become one.

    A narrow input reaches every channel: its unit stays on.
    """

    ties = True

    def pass_units(self, pool: UnitPool, inputs: Arrays) -> Arrays | None:
        wide = []
        for units in inputs:
            if units.size == self.out_widths[0]:
                wide.append(units)
            else:
                pool.merge(units, pool.fixed(units.size))
        return [self._merged(pool, wide)] if wide else None

    def _merged(self, pool: UnitPool, wide: Arrays) -> np.ndarray:
        return merged(pool, wide)


@register_rule("Multiply")
class Multiply(Merge):
    """A product with zero is zero, whatever the other factors are."""

    def constants(self, inputs: Arrays) -> Arrays:
        (result,) = super().constants(inputs)
        zero = np.any([self._wide(np.equal(values, 0)) for values in inputs], axis=0)
        return [np.where(zero, 0.0, result)]


@register_rule("Add", "Subtract")
class Sum(Merge):
    """Where one side is nothing, the unit of the other stays its own."""

    def _merged(self, pool: UnitPool, wide: Arrays) -> np.ndarray:
        units = wide[0]
        for other in wide[1:]:
            both = (units != NOTHING) & (other != NOTHING)
            pool.merge(units[both], other[both])
            units = np.where(units == NOTHING, other, units)
        return units


@register_rule("Average")
class Average(Sum):
    """The layer; the operation of that name is a mean over an axis."""

    def applies(self) -> bool:
        return self.step.is_layer and super().applies()


@register_rule("Divide", "TrueDivide")
class Divide(Merge):
    """The denominator may not be zero, so its units stay on."""

    def units(self, recorder: UnitRecorder, inputs: Arrays) -> Arrays | None:
        node = self.step.node
        for tensor, units in zip(node.input_tensors, inputs, strict=True):
            if tensor is node.arguments.args[-1]:
                recorder.pool.merge(units, recorder.pool.fixed(units.size))
        return super().units(recorder, inputs)

    def applies(self) -> bool:
        # number / x is not finite everywhere.
        args = self.step.node.arguments.args
        by_number = len(args) == 2 and isinstance(args[1], int | float) and args[1] != 0
        return by_number and super().applies()


@register_rule("Concatenate")
class Concatenate(Rule):
    """Of channels, or of tensors with the same channels."""

    @property
    def _of_channels(self) -> bool:
        rank = len(self.step.output_shapes[0])
        return bool(self.step.operation.axis % rank == rank - 1)

    def pass_units(self, pool: UnitPool, inputs: Arrays) -> Arrays | None:
        if self._of_channels:
            return [np.concatenate(inputs)]
        return [merged(pool, inputs)]

    def applies(self) -> bool:
        shapes = [*self.step.input_shapes, *self.step.output_shapes]
        return len({len(shape) for shape in shapes}) == 1

    def constants(self, inputs: Arrays) -> Arrays:
        if self._of_channels:
            return [np.concatenate(inputs)]
        agree = np.all([values == inputs[0] for values in inputs], axis=0)
        return [np.where(agree, inputs[0], np.nan)]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        if self._of_channels:
            return np.split(needed[0], np.cumsum(self.in_widths)[:-1])
        return [needed[0] for _ in self.in_widths]

    def out_width(self, out: int, before: list[int], after: list[int]) -> int:
        of_channels = out == sum(before) and len(before) > 1
        return sum(after) if of_channels else super().out_width(out, before, after)


def merged(pool: UnitPool, inputs: Arrays) -> np.ndarray:
    """Makes the units of all inputs the same, channel by channel."""
    solid = [pool.solid(units) for units in inputs]
    for other in solid[1:]:
        pool.merge(solid[0], other)
    return solid[0]
