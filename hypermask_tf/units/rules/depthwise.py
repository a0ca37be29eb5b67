"""Depthwise and separable convolutions."""

from typing import Any

import numpy as np

from hypermask_tf.units.rules.arrays import array_of
from hypermask_tf.units.rules.functions import is_elementwise
from hypermask_tf.units.rules.kernel import Kernel
from hypermask_tf.units.rules.registry import register_rule
from hypermask_tf.units.rules.rule import Arrays
from hypermask_tf.units.unit_pool import UnitPool
from hypermask_tf.units.unit_recorder import UnitRecorder


@register_rule("DepthwiseConv1D", "DepthwiseConv2D")
class DepthwiseConv(Kernel):
    """A kernel (…, in, multiplier): keeps units, or makes some of each.

    Output channels go with the input channel they read.
    """

    def _made(self, recorder: UnitRecorder, kernel: Any, units: np.ndarray) -> Any:
        rank, multiplier = len(kernel.shape), kernel.shape[-1]
        if multiplier == 1:
            return recorder.per_channel(kernel, units, rank - 2)
        spec = recorder.make(kernel, (rank - 2, rank - 1), rank - 2)
        spec.in_units.append(units)
        return spec.out_units.ravel()

    def weights(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, np.ndarray]:
        kernel = array_of(self._kernel)
        kernel = kernel * self.rows[:, None] * self.columns.reshape(kernel.shape[-2:])
        return {"kernel": kernel[..., kept_in[0], :], **self._new_bias(kept_out[0])}

    def _measure(self) -> tuple[np.ndarray, np.ndarray]:
        reach, mass = super()._measure()
        return _spread(reach), _spread(mass)

    def _channels(self, pool: UnitPool, inputs: Arrays) -> Arrays:
        channels = np.repeat(inputs[0], self.out_widths[0] // self.in_widths[0])
        if not is_elementwise(self.activation):
            pool.merge(channels, pool.fixed(channels.size))
        return [channels]


@register_rule("SeparableConv1D", "SeparableConv2D")
class SeparableConv(Kernel):
    """A depthwise convolution and a dense one of size 1, with one bias.

    The depthwise half belongs to the units that it reads.
    """

    def units(self, recorder: UnitRecorder, inputs: Arrays) -> Arrays | None:
        first, second = self._kernels()
        rank = len(first.shape)
        units = recorder.per_channel(first, inputs[0], rank - 2)
        spec = recorder.make(second, (rank - 1,), rank - 2)
        spec.in_units.append(np.repeat(units, first.shape[-1]))
        return self._finish(recorder, spec.out_units)

    def weights(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, np.ndarray]:
        first, second = map(array_of, self._kernels())
        multiplier = first.shape[-1]
        second = second * np.repeat(self.rows, multiplier)[:, None] * self.columns
        second = second[..., np.repeat(kept_in[0], multiplier), :]
        return {
            "depthwise_kernel": first[..., kept_in[0], :],
            "pointwise_kernel": second[..., kept_out[0]],
            **self._new_bias(kept_out[0]),
        }

    def _kernels(self) -> tuple[Any, Any]:
        layer = self.step.operation
        return layer.depthwise_kernel, layer.pointwise_kernel

    def _measure(self) -> tuple[np.ndarray, np.ndarray]:
        first, second = map(array_of, self._kernels())
        second = second.reshape(second.shape[-2:])
        taps = tuple(range(first.ndim - 2))
        reach = _spread((first != 0).any(axis=taps)).astype("float32") @ (second != 0)
        mass = _spread(first.sum(axis=taps, dtype="float64")) @ second
        return reach > 0, mass


def _spread(kernel: np.ndarray) -> np.ndarray:
    """`(in, multiplier)` as `(in, in · multiplier)`, zero off the channel's own."""
    channels, multiplier = kernel.shape
    result = np.zeros((channels, channels, multiplier), dtype=kernel.dtype)
    result[np.arange(channels), np.arange(channels)] = kernel
    return result.reshape(channels, -1)
