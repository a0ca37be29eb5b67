"""Layers and operations that work on single values."""

import dataclasses
import numbers
from typing import Any

import keras
import numpy as np

from hypermask_tf.units.rules.functions import (
    couples,
    is_elementwise,
    works_within_channels,
)
from hypermask_tf.units.rules.registry import register_rule, rule_for
from hypermask_tf.units.rules.rule import Arrays, Rule
from hypermask_tf.units.step import Step
from hypermask_tf.units.unit_pool import UnitPool
from hypermask_tf.units.unit_recorder import UnitRecorder


@register_rule(
    *"ReLU LeakyReLU ELU Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D "
    "GaussianDropout GaussianNoise AlphaDropout Identity ActivityRegularization "
    "Relu Relu6 LeakyRelu Elu Selu Celu Gelu Silu HardSilu Sigmoid HardSigmoid Tanh "
    "HardTanh TanhShrink SoftShrink HardShrink Softplus Softsign Threshold Negative "
    "Absolute Square Exp Expm1 Sin Cos Sign Clip Cast StopGradient".split()
)
class Elementwise(Rule):
    """out[i] = f(a[i], b[i], …): each channel on its own.

    Inputs are as wide as the output, or one wide and broadcast. A function of
    constants is a constant, found by calling the operation on them.
    """

    keeps_channels = True

    def pass_units(self, pool: UnitPool, inputs: Arrays) -> Arrays | None:
        return inputs[:1]

    def applies(self) -> bool:
        step, width = self.step, self.out_widths[0]
        ranks = {len(shape) for shape in [*step.input_shapes, *step.output_shapes]}
        return (
            len(step.outputs) == 1
            and (len(step.inputs) == 1 or self.ties)
            and width in self.in_widths
            and all(w in (1, width) for w in self.in_widths)
            and (not step.is_layer or len(ranks) == 1)
            and all(_is_single(a) for a in self._arguments())
        )

    def constants(self, inputs: Arrays) -> Arrays:
        shapes = self.step.input_shapes
        filled = [
            np.nan_to_num(values).reshape((1,) * (len(shape) - 1) + (-1,))
            for values, shape in zip(inputs, shapes, strict=True)
        ]
        width = self.out_widths[0]
        result = np.broadcast_to(self.step.run(filled).reshape(-1), width).copy()
        varies = np.any([self._wide(np.isnan(values)) for values in inputs], axis=0)
        result[varies | ~np.isfinite(result)] = np.nan
        return [result]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        return [
            needed[0] if width == needed[0].size else np.array([needed[0].any()])
            for width in self.in_widths
        ]

    def _arguments(self) -> list[Any]:
        """What the call is given besides tensors; arrays may differ by channel."""
        arguments = self.step.other_arguments
        return [a for a in arguments if not isinstance(a, str | type(None))]

    def _wide(self, array: np.ndarray) -> np.ndarray:
        return np.broadcast_to(array, self.out_widths[0])


def _is_single(argument: Any) -> bool:
    return isinstance(argument, numbers.Number) or np.size(argument) == 1


@register_rule("Rescaling")
class Rescaling(Elementwise):
    """Scale and offset may be lists, one number per channel."""

    def _arguments(self) -> list[Any]:
        layer = self.step.operation
        return [*super()._arguments(), layer.scale, layer.offset]


@register_rule("Log1p")
class NotOfEverything(Elementwise):
    """Not finite on all numbers, but at zero."""

    total = False


@register_rule("Log", "Log2", "Log10", "Rsqrt", "Reciprocal")
class NotOfZero(Elementwise):
    """Not finite at zero, or infinitely steep: units that it reads may not be off."""

    total = False

    def units(self, recorder: UnitRecorder, inputs: Arrays) -> Arrays | None:
        recorder.pool.merge(inputs[0], recorder.pool.fixed(inputs[0].size))
        return inputs[:1]

    def applies(self) -> bool:
        return False


@register_rule("Sqrt")
class Sqrt(NotOfZero):
    """A root of zero is zero, only its slope is not finite."""

    def applies(self) -> bool:
        return Elementwise.applies(self)


@register_rule(*"Arctan Erf LogSigmoid SparsePlus SparseSigmoid Squareplus".split())
class Unmasked(Elementwise):
    """Cut, but without units: networks saved earlier have none behind these."""

    def units(self, recorder: UnitRecorder, inputs: Arrays) -> Arrays | None:
        return None


@register_rule("Activation")
class Activation(Elementwise):
    """The layer: keeps units if its function works within channels."""

    def units(self, recorder: UnitRecorder, inputs: Arrays) -> Arrays | None:
        function = self.step.operation.activation
        return activated(recorder, self.step, function, inputs[0])

    def applies(self) -> bool:
        return is_elementwise(self.step.operation.activation) and super().applies()


def activated(
    recorder: UnitRecorder, step: Step, function: Any, units: np.ndarray
) -> Arrays | None:
    """Units behind the activation `function` of a call; None if they are lost."""
    if isinstance(function, keras.Layer):
        rule = rule_for(dataclasses.replace(step, operation=function))
        return rule.units(recorder, [units])
    if couples(function):
        return [recorder.couple(step.path, units)]
    shape = (2,) * (len(step.output_shapes[0]) - 1) + (units.size,)
    return [units] if works_within_channels(function, shape) else None
