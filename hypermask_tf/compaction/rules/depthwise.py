"""The rules for depthwise and separable convolutions."""

from typing import Any

import numpy as np

from hypermask_tf.compaction.arrays import array_of
from hypermask_tf.compaction.rules.affine import Affine
from hypermask_tf.compaction.rules.barrier import Arrays
from hypermask_tf.compaction.sites import Sites


class Depthwise(Affine):
    """Depthwise convolutions, kernels (…, in, multiplier).

    Output positions go with the input position they read.
    """

    def config(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, Any]:
        return self._bias_config()

    def weights(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, np.ndarray]:
        kernel = array_of(self.step.operation.kernel)
        kernel = kernel * self.rows[:, None] * self.columns.reshape(kernel.shape[-2:])
        return {
            "kernel": kernel[..., kept_in[0], :],
            **self._new_bias(kept_out[0]),
        }

    def _measure(self) -> tuple[np.ndarray, np.ndarray]:
        reach, mass = super()._measure()
        return spread(reach), spread(mass)

    def _sites(self, pool: Sites, inputs: Arrays) -> Arrays:
        sites = np.repeat(inputs[0], self.out_widths[0] // self.in_widths[0])
        if not self.elementwise:
            pool.keep(sites)
        return [sites]


class Separable(Affine):
    """A depthwise convolution and a dense one of size 1, with one bias."""

    def weights(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, np.ndarray]:
        layer = self.step.operation
        first, second = (
            array_of(layer.depthwise_kernel),
            array_of(layer.pointwise_kernel),
        )
        multiplier = first.shape[-1]
        second = second * np.repeat(self.rows, multiplier)[:, None] * self.columns
        second = second[..., np.repeat(kept_in[0], multiplier), :]
        return {
            "depthwise_kernel": first[..., kept_in[0], :],
            "pointwise_kernel": second[..., kept_out[0]],
            **self._new_bias(kept_out[0]),
        }

    def _measure(self) -> tuple[np.ndarray, np.ndarray]:
        layer = self.step.operation
        first, second = (
            array_of(layer.depthwise_kernel),
            array_of(layer.pointwise_kernel),
        )
        second = second.reshape(second.shape[-2:])
        taps = tuple(range(first.ndim - 2))
        reach = spread((first != 0).any(axis=taps)).astype("float32") @ (second != 0)
        mass = spread(first.sum(axis=taps, dtype="float64")) @ second
        return reach > 0, mass


def spread(kernel: np.ndarray) -> np.ndarray:
    """`(in, multiplier)` as `(in, in · multiplier)`, zero off the channel's own."""
    channels, multiplier = kernel.shape
    result = np.zeros((channels, channels, multiplier), dtype=kernel.dtype)
    result[np.arange(channels), np.arange(channels)] = kernel
    return result.reshape(channels, -1)
