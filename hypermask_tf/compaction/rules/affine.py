"""The rule for dense layers and convolutions."""

from typing import Any

import keras
import numpy as np

from hypermask_tf.compaction.arrays import array_of
from hypermask_tf.compaction.rules.activations import is_elementwise
from hypermask_tf.compaction.rules.barrier import Arrays, Barrier
from hypermask_tf.compaction.sites import Sites
from hypermask_tf.units.step import Step


class Affine(Barrier):
    """y = f(x W + b): dense layers and ungrouped convolutions, kernels (…, in, out).

    An input position matters to an output position where any weight between them is
    not zero. A constant input is folded into the bias, unless padding makes it vary
    near the border.

    Attributes:
        reach: Bool `(in, out)`: which input matters to which output.
        mass: `(in, out)`: the sum of the weights between them.
        folds: Whether constants other than zero can be folded.
        rows: Which input positions must hold their value; set by `needs`.
        columns: Which output positions must hold theirs; set by `needs`.
        delta: What constants add to the bias; set by `needs`.
    """

    per_layer = True
    width_name = "filters"

    def __init__(self, step: Step, widths: tuple[list[int], list[int]]) -> None:
        super().__init__(step, widths)
        layer = step.operation
        self.elementwise = is_elementwise(layer.activation)
        kernel_size = getattr(layer, "kernel_size", (1,))
        padding = getattr(layer, "padding", "valid")
        self.folds = padding == "valid" or max(kernel_size) == 1
        self.reach, self.mass = self._measure()
        self.rows = np.zeros(self.in_widths[0], dtype=bool)
        self.columns = np.zeros(self.out_widths[0], dtype=bool)
        self.delta = np.zeros(self.out_widths[0])

    @property
    def bias(self) -> np.ndarray | None:
        """The layer's bias, or None."""
        variable = getattr(self.step.operation, "bias", None)
        return None if variable is None else array_of(variable)

    def constants(self, inputs: Arrays) -> Arrays:
        values = inputs[0]
        foldable = (values == 0) | (np.isfinite(values) & self.folds)
        varies = self.reach[~foldable].any(axis=0)
        result = self._pushed(np.where(foldable, values, 0.0))
        if self.bias is not None:
            result = result + self.bias
        if not self.elementwise:
            return [np.full(result.size, np.nan)]
        layer = self.step.operation
        dtype = self.step.node.outputs[0].dtype
        result = layer.activation(keras.ops.convert_to_tensor(result[None], dtype))
        result = keras.ops.convert_to_numpy(result)[0].astype("float64")
        return [np.where(varies | ~np.isfinite(result), np.nan, result)]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        """As in every rule; `constants` are what all calls of the layer agree on."""
        values = constants[0]
        # An activation over the channels reads all of them.
        self.columns = needed[0] if self.elementwise else np.ones_like(needed[0])
        folded = (values == 0) | (np.isfinite(values) & self.folds)
        self.rows = self.reach[:, self.columns].any(axis=1) & ~folded
        self.delta = self._pushed(np.where(folded, values, 0.0)) * self.columns
        return [self.rows]

    def config(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, Any]:
        config: dict[str, Any] = {self.width_name: int(kept_out[0].sum())}
        return {**config, **self._bias_config()}

    def weights(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, np.ndarray]:
        layer = self.step.operation
        kernel = self._oriented(array_of(layer.kernel))
        kernel = kernel * self.rows[:, None] * self.columns
        kernel = kernel[..., kept_in[0], :][..., kept_out[0]]
        return {"kernel": self._oriented(kernel), **self._new_bias(kept_out[0])}

    def _bias_config(self) -> dict[str, Any]:
        needs_bias = self.bias is None and self.delta.any()
        return {"use_bias": True} if needs_bias else {}

    def _new_bias(self, kept: np.ndarray) -> dict[str, np.ndarray]:
        if self.bias is None and not self.delta.any():
            return {}
        bias = 0.0 if self.bias is None else self.bias
        return {"bias": ((bias + self.delta) * self.columns)[kept]}

    def _pushed(self, values: np.ndarray) -> np.ndarray:
        (some,) = np.nonzero(values)
        return values[some] @ self.mass[some].astype("float64")

    def _measure(self) -> tuple[np.ndarray, np.ndarray]:
        kernel = self._oriented(array_of(self.step.operation.kernel))
        if kernel.ndim == 2:
            return kernel != 0, kernel
        taps = tuple(range(kernel.ndim - 2))
        return (kernel != 0).any(axis=taps), kernel.sum(axis=taps, dtype="float64")

    def _oriented(self, kernel: np.ndarray) -> np.ndarray:
        """The kernel with its last axes in the order (in, out), and back."""
        return kernel

    def _sites(self, pool: Sites, inputs: Arrays) -> Arrays:
        return [pool.new(self.out_widths[0], keep=not self.elementwise)]


class Dense(Affine):
    """Dense layers."""

    width_name = "units"


class Transposed(Affine):
    """Transposed convolutions, kernels (…, out, in).

    How many taps reach an output depends on its place, so nothing but zeros is
    folded.
    """

    def __init__(self, step: Step, widths: tuple[list[int], list[int]]) -> None:
        super().__init__(step, widths)
        self.folds = False

    def _oriented(self, kernel: np.ndarray) -> np.ndarray:
        return np.swapaxes(kernel, -1, -2)
