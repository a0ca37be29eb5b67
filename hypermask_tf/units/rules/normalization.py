"""Layers that normalise, within channels or over them."""

from typing import Any

import numpy as np

from hypermask_tf.units.rules.arrays import array_of
from hypermask_tf.units.rules.registry import register_rule
from hypermask_tf.units.rules.rule import Arrays, Rule
from hypermask_tf.units.unit_pool import UnitPool
from hypermask_tf.units.unit_recorder import UnitRecorder


@register_rule("UnitNormalization", "Softmax", "LogSoftmax", "Sparsemax")
class Coupling(Rule):
    """Along the channels each depends on all others; along other axes not."""

    def units(self, recorder: UnitRecorder, inputs: Arrays) -> Arrays | None:
        units = inputs[0]
        return [recorder.couple(self.step.path, units) if self.couples else units]

    @property
    def couples(self) -> bool:
        """Whether each channel of the output depends on the others."""
        return self._last in self._axes

    @property
    def _axes(self) -> list[int]:
        axis = self.step.operation.axis
        axes = axis if isinstance(axis, list | tuple) else [axis]
        return [int(a) % (self._last + 1) for a in axes]

    @property
    def _last(self) -> int:
        return len(self.step.input_shapes[0]) - 1


@register_rule("Masking")
class Masking(Coupling):
    """A place is masked by all its channels."""

    couples = True


@register_rule("LayerNormalization", "RMSNormalization")
class Normalization(Coupling):
    """Scale, offset and statistics along the last axis belong to the units."""

    def units(self, recorder: UnitRecorder, inputs: Arrays) -> Arrays | None:
        axes, last = self._axes, self._last
        for variable in self.step.operation.weights if last in axes else []:
            if len(variable.shape) == len(axes):
                recorder.per_channel(variable, inputs[0], axes.index(last))
        return super().units(recorder, inputs)


@register_rule("BatchNormalization")
class BatchNormalization(Normalization):
    """γ (x − mean) / sqrt(var + ε) + β per channel: β where γ is zero."""

    per_layer = True
    keeps_channels = True

    @property
    def couples(self) -> bool:
        """Whether it does not normalise each channel on its own: its axis says so."""
        return self._axes != [self._last]

    def pass_units(self, pool: UnitPool, inputs: Arrays) -> Arrays | None:
        return inputs

    def applies(self) -> bool:
        renorm = getattr(self.step.operation, "renorm", False)
        return self.is_one_to_one and not self.couples and not renorm

    def constants(self, inputs: Arrays) -> Arrays:
        layer, values = self.step.operation, inputs[0]
        mean, variance = array_of(layer.moving_mean), array_of(layer.moving_variance)
        scaled = (values - mean) / np.sqrt(variance + layer.epsilon)
        if layer.scale:
            gamma = array_of(layer.gamma)
            scaled = np.where(gamma == 0, 0.0, gamma * scaled)
        return [scaled + array_of(layer.beta) if layer.center else scaled]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        layer = self.step.operation
        return [needed[0] & (array_of(layer.gamma) != 0) if layer.scale else needed[0]]

    def weights(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, np.ndarray]:
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        found = {n: getattr(self.step.operation, n, None) for n in names}
        return {n: array_of(v)[kept_in[0]] for n, v in found.items() if v is not None}


@register_rule("TransductiveBatchNormalization")
class BatchStatistics(BatchNormalization):
    """Normalises by the statistics of the batch, which nobody knows beforehand."""

    def applies(self) -> bool:
        return False


@register_rule("GroupNormalization")
class GroupNormalization(BatchNormalization):
    """Within channels where each is a group by itself.

    A constant is its own mean, so β is left of it, and where γ is zero.
    """

    @property
    def couples(self) -> bool:
        """Whether a group has several channels."""
        layer = self.step.operation
        channels = layer.weights[0].shape[0] if layer.weights else None
        return self._axes != [self._last] or layer.groups != channels

    def applies(self) -> bool:
        axes, channels = self._axes, self.in_widths[0]
        alone = axes == [self._last] and self.step.operation.groups == channels
        return self.is_one_to_one and alone

    def constants(self, inputs: Arrays) -> Arrays:
        layer, constant = self.step.operation, np.isfinite(inputs[0])
        if layer.scale:
            constant = constant | (array_of(layer.gamma) == 0)
        beta = array_of(layer.beta) if layer.center else 0.0
        return [np.where(constant, beta, np.nan)]

    @classmethod
    def follow(cls, operation: Any, given: Any) -> dict[str, Any]:
        """Groups of one channel stay so."""
        of_one = operation.groups == operation.input.shape[operation.axis]
        return {"groups": given.shape[operation.axis]} if of_one else {}
