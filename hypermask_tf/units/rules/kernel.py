"""What dense layers and convolutions have in common."""

from functools import cached_property
from typing import Any

import keras
import numpy as np

from hypermask_tf.units.rules.arrays import array_of
from hypermask_tf.units.rules.elementwise import activated
from hypermask_tf.units.rules.functions import is_elementwise
from hypermask_tf.units.rules.rule import Arrays, Rule
from hypermask_tf.units.step import Step
from hypermask_tf.units.unit_pool import UnitPool
from hypermask_tf.units.unit_recorder import UnitRecorder


class Kernel(Rule):
    """y = f(x W + b): makes units, with a kernel (…, in, out) or (…, out, in).

    An input channel matters to an output channel where any weight between them is
    not zero. A constant input is folded into the bias, unless padding makes it vary
    near the border.

    The layer has an attribute `units` or `filters`, and may have `bias` and
    `activation`; where a constant is folded, it must take `use_bias=True`.

    Attributes:
        kernel: Name of the attribute that holds the kernel.
        in_axis: The kernel's axis of what it reads, -2 or -1.
        out_axis: The other one of the two.
        rows: Which input channels must hold their value; set by `needs`.
        columns: Which output channels must hold theirs; set by `needs`.
        delta: What constants add to the bias; set by `needs`.
    """

    per_layer = True
    folds = True
    kernel = "kernel"
    in_axis, out_axis = -2, -1

    def __init__(self, step: Step) -> None:
        super().__init__(step)
        self.activation = getattr(step.operation, "activation", None)
        self.rows = np.zeros(self.in_widths[0], dtype=bool)
        self.columns = np.zeros(self.out_widths[0], dtype=bool)
        self.delta = np.zeros(self.out_widths[0])

    def units(self, recorder: UnitRecorder, inputs: Arrays) -> Arrays | None:
        kernel = self._kernel
        if not isinstance(kernel, keras.Variable):  # a kernel plus a low-rank update
            return None
        units = self._made(recorder, kernel, recorder.pool.solid(inputs[0]))
        return self._finish(recorder, units)

    def applies(self) -> bool:
        return self.is_one_to_one

    def constants(self, inputs: Arrays) -> Arrays:
        values = inputs[0]
        foldable = self._foldable(values)
        varies = self.reach[~foldable].any(axis=0)
        result = self._pushed(np.where(foldable, values, 0.0))
        if self.bias is not None:
            result = result + self.bias
        if not is_elementwise(self.activation):
            return [np.full(result.size, np.nan)]
        if self.activation is not None:
            dtype = self.step.node.outputs[0].dtype
            tensor = keras.ops.convert_to_tensor(result[None], dtype)
            result = keras.ops.convert_to_numpy(self.activation(tensor))[0]
        result = result.astype("float64")
        return [np.where(varies | ~np.isfinite(result), np.nan, result)]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        values = constants[0]
        # An activation over the channels reads all of them.
        over_all = not is_elementwise(self.activation)
        self.columns = np.ones_like(needed[0]) if over_all else needed[0]
        folded = self._foldable(values)
        self.rows = self.reach[:, self.columns].any(axis=1) & ~folded
        self.delta = self._pushed(np.where(folded, values, 0.0)) * self.columns
        return [self.rows]

    def config(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, Any]:
        name = self.width_name
        width = {name: int(kept_out[0].sum())} if name else {}
        needs_bias = self.bias is None and self.delta.any()
        return {**width, **({"use_bias": True} if needs_bias else {})}

    def weights(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, np.ndarray]:
        kernel = self._oriented(array_of(self._kernel))
        kernel = kernel * self.rows[:, None] * self.columns
        kernel = kernel[..., kept_in[0], :][..., kept_out[0]]
        return {self.kernel: self._oriented(kernel), **self._new_bias(kept_out[0])}

    @property
    def _kernel(self) -> Any:
        return getattr(self.step.operation, self.kernel)

    @property
    def bias(self) -> np.ndarray | None:
        """The layer's bias, or None."""
        variable = getattr(self.step.operation, "bias", None)
        return None if variable is None else array_of(variable)

    @property
    def reach(self) -> np.ndarray:
        """Bool `(in, out)`: which input matters to which output."""
        return self._between[0]

    @cached_property
    def _between(self) -> tuple[np.ndarray, np.ndarray]:
        return self._measure()

    def _measure(self) -> tuple[np.ndarray, np.ndarray]:
        """Which input matters to which output, and the sum of weights between them."""
        kernel = self._oriented(array_of(self._kernel))
        if kernel.ndim == 2:
            return kernel != 0, kernel
        taps = tuple(range(kernel.ndim - 2))
        return (kernel != 0).any(axis=taps), kernel.sum(axis=taps, dtype="float64")

    def _foldable(self, values: np.ndarray) -> np.ndarray:
        """Where constants can go into the bias: they reach every place alike."""
        return (values == 0) | (np.isfinite(values) & self._has_no_edge())

    def _has_no_edge(self) -> bool:
        layer = self.step.operation
        size = max(np.ravel(getattr(layer, "kernel_size", 1)))
        return bool(getattr(layer, "padding", "valid") == "valid" or size == 1)

    def _pushed(self, values: np.ndarray) -> np.ndarray:
        (some,) = np.nonzero(values)
        return values[some] @ self._between[1][some].astype("float64")

    def _new_bias(self, kept: np.ndarray) -> dict[str, np.ndarray]:
        if self.bias is None and not self.delta.any():
            return {}
        bias = 0.0 if self.bias is None else self.bias
        return {"bias": ((bias + self.delta) * self.columns)[kept]}

    def _oriented(self, kernel: np.ndarray) -> np.ndarray:
        """The kernel with its last axes in the order (in, out), and back."""
        return kernel if self.in_axis < self.out_axis else np.swapaxes(kernel, -1, -2)

    def _channels(self, pool: UnitPool, inputs: Arrays) -> Arrays:
        elementwise, width = is_elementwise(self.activation), self.out_widths[0]
        return [pool.new(width) if elementwise else pool.fixed(width)]

    def _made(self, recorder: UnitRecorder, kernel: Any, units: np.ndarray) -> Any:
        """The units that `kernel` makes of those it reads."""
        rank = len(kernel.shape)
        spec = recorder.make(kernel, (rank + self.out_axis,), rank + self.in_axis)
        spec.in_units.append(units)
        return spec.out_units

    def _finish(self, recorder: UnitRecorder, units: np.ndarray) -> Arrays | None:
        """Bias and activation."""
        bias = getattr(self.step.operation, "bias", None)
        if bias is not None:
            recorder.per_channel(bias, units)
        if self.activation is None:
            return [units]
        result = activated(recorder, self.step, self.activation, units)
        if result is None:  # Nobody knows where these units went: they stay on.
            recorder.pool.merge(units, recorder.pool.fixed(units.size))
        return result
