"""Layers with weights for each channel, and no others."""

from typing import Any

import numpy as np

from hypermask_tf.units.rules.arrays import array_of
from hypermask_tf.units.rules.elementwise import Elementwise
from hypermask_tf.units.rules.registry import register_rule
from hypermask_tf.units.rules.rule import Arrays
from hypermask_tf.units.unit_recorder import UnitRecorder


class PerChannel(Elementwise):
    """out[i] = f(x[i], w[i]): a function of each channel and its weights.

    Attributes:
        variables: Names of the attributes that hold the weights, with the channels
            along the last axis. One that is None is left out.
    """

    per_layer = True
    variables: tuple[str, ...] = ()

    def units(self, recorder: UnitRecorder, inputs: Arrays) -> Arrays | None:
        for variable in self._variables().values():
            recorder.per_channel(variable, inputs[0], len(variable.shape) - 1)
        return inputs[:1]

    def applies(self) -> bool:
        return self.is_one_to_one and super().applies()

    def weights(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, np.ndarray]:
        return {
            name: array_of(variable)[..., kept_in[0]]
            for name, variable in self._variables().items()
        }

    def _variables(self) -> dict[str, Any]:
        found = {n: getattr(self.step.operation, n, None) for n in self.variables}
        return {name: v for name, v in found.items() if v is not None}


@register_rule("PReLU")
class PReLU(PerChannel):
    """x where it is positive, else a learned slope times x.

    Slopes may differ between places, and channels may share one.
    """

    variables = ("alpha",)

    def units(self, recorder: UnitRecorder, inputs: Arrays) -> Arrays | None:
        # A Dense layer's activation is not built before the layer's first call.
        return super().units(recorder, inputs) if self.step.operation.built else None

    def constants(self, inputs: Arrays) -> Arrays:
        values = inputs[0]
        slopes = array_of(self.step.operation.alpha)
        slopes = slopes.reshape(-1, slopes.shape[-1])
        even = np.where((slopes == slopes[0]).all(axis=0), slopes[0], np.nan)
        negative = np.where(values == 0, 0.0, even * values)
        return [np.where(values > 0, values, negative)]

    def _variables(self) -> dict[str, Any]:
        alpha = self.step.operation.alpha
        return {"alpha": alpha} if alpha.shape[-1] == self.out_widths[0] else {}
