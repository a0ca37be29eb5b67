"""How units pass through each kind of layer.

A tensor's units are an int array over its last axis: position to unit. Each rule
gets the layer, the arrays of its inputs and its output shape, registers the units
of the layer's variables with the recorder, and returns the array of its output.
"""

import math
from collections.abc import Callable
from typing import Any, Protocol

import keras
import numpy as np
from keras import layers

from hypermask_tf.units.unit_pool import UnitPool
from hypermask_tf.units.variable_units import VariableUnits

Shape = tuple[int | None, ...]


class Recorder(Protocol):
    """Where rules get units from and write down what they find."""

    pool: UnitPool

    def known(self, variable: Any) -> VariableUnits | None: ...

    def new_units(self, kernel: Any, size: int) -> np.ndarray: ...

    def record(self, variable: Any, spec: VariableUnits) -> VariableUnits: ...


Rule = Callable[[Recorder, Any, list[np.ndarray], Shape], np.ndarray | None]


def _with_bias(recorder: Recorder, layer: Any, units: np.ndarray) -> np.ndarray:
    if getattr(layer, "bias", None) is not None:
        recorder.record(layer.bias, VariableUnits((0,), units))
    return units


def _making(
    recorder: Recorder, kernel: Any, out_axes: tuple[int, ...], in_axis: int | None
) -> VariableUnits:
    """Units of a kernel: new ones at its first call, the same at the next."""
    spec = recorder.known(kernel)
    if spec is None:
        shape = tuple(kernel.shape[axis] for axis in out_axes)
        units = recorder.new_units(kernel, math.prod(shape)).reshape(shape)
        spec = recorder.record(kernel, VariableUnits(out_axes, units, in_axis))
    return spec


def dense(
    recorder: Recorder, layer: Any, inputs: list[np.ndarray], shape: Shape
) -> np.ndarray:
    """Dense and plain convolution: a kernel (..., in, out) makes new units."""
    kernel = layer.kernel
    rank = len(kernel.shape)
    # A grouped kernel's input axis counts within its group: it names no unit.
    in_axis = rank - 2 if kernel.shape[-2] == inputs[0].size else None
    spec = _making(recorder, kernel, (rank - 1,), in_axis)
    spec.in_units.append(inputs[0])
    return _with_bias(recorder, layer, spec.out_units)


def transposed(
    recorder: Recorder, layer: Any, inputs: list[np.ndarray], shape: Shape
) -> np.ndarray:
    """Transposed convolution: a kernel (..., out, in)."""
    rank = len(layer.kernel.shape)
    spec = _making(recorder, layer.kernel, (rank - 2,), rank - 1)
    spec.in_units.append(inputs[0])
    return _with_bias(recorder, layer, spec.out_units)


def depthwise(
    recorder: Recorder, layer: Any, inputs: list[np.ndarray], shape: Shape
) -> np.ndarray:
    """Depthwise convolution (..., in, multiplier): keeps units, or makes new ones."""
    kernel = layer.kernel
    rank, multiplier = len(kernel.shape), kernel.shape[-1]
    if multiplier == 1:
        return _with_bias(
            recorder, layer, _per_channel(recorder, kernel, inputs[0], rank - 2)
        )
    spec = _making(recorder, kernel, (rank - 2, rank - 1), rank - 2)
    spec.in_units.append(inputs[0])
    return _with_bias(recorder, layer, spec.out_units.ravel())


def separable(
    recorder: Recorder, layer: Any, inputs: list[np.ndarray], shape: Shape
) -> np.ndarray:
    """Separable convolution: the depthwise half belongs to the units it reads."""
    first, second = layer.depthwise_kernel, layer.pointwise_kernel
    rank = len(first.shape)
    _per_channel(recorder, first, inputs[0], rank - 2)
    spec = _making(recorder, second, (rank - 1,), rank - 2)
    spec.in_units.append(np.repeat(inputs[0], first.shape[-1]))
    return _with_bias(recorder, layer, spec.out_units)


def _per_channel(
    recorder: Recorder, variable: Any, units: np.ndarray, axis: int
) -> np.ndarray:
    """Registers a per-channel variable; shared by two calls, it makes them one."""
    spec = recorder.record(variable, VariableUnits((axis,), units))
    if spec.out_units is not units:
        recorder.pool.merge(spec.out_units, units)
    return spec.out_units


def normalization(
    recorder: Recorder, layer: Any, inputs: list[np.ndarray], shape: Shape
) -> np.ndarray:
    """Normalisation over the last axis: scale and offset belong to the units."""
    for variable in layer.trainable_variables:
        if tuple(variable.shape) == (inputs[0].size,):
            _per_channel(recorder, variable, inputs[0], 0)
    return inputs[0]


def same(
    recorder: Recorder, layer: Any, inputs: list[np.ndarray], shape: Shape
) -> np.ndarray:
    """Layers that work within channels: activation, pooling, padding, dropout."""
    return inputs[0]


def together(
    recorder: Recorder, layer: Any, inputs: list[np.ndarray], shape: Shape
) -> np.ndarray:
    """Add, multiply, maximum …: position by position the units become one."""
    wide = [units for units in inputs if units.size == shape[-1]]
    for other in wide[1:]:
        recorder.pool.merge(wide[0], other)
    return wide[0]


def concatenate(
    recorder: Recorder, layer: Any, inputs: list[np.ndarray], shape: Shape
) -> np.ndarray:
    """Concatenation: along the channels side by side, else position by position."""
    if sum(units.size for units in inputs) == shape[-1]:
        return np.concatenate(inputs)
    return together(recorder, layer, inputs, shape)


def reshape(
    recorder: Recorder, layer: Any, inputs: list[np.ndarray], shape: Shape
) -> np.ndarray | None:
    """Flatten and reshape, as long as every position still names one unit."""
    units, last = inputs[0], shape[-1]
    if last is None:
        return None
    if last % units.size == 0:  # (h, w, c) to (h * w * c): c varies fastest
        return np.tile(units, last // units.size)
    rows = units.reshape(-1, last) if units.size % last == 0 else None
    return rows[0] if rows is not None and (rows == rows[0]).all() else None


_SAME = (
    "Activation ReLU LeakyReLU ELU PReLU Softmax Dropout SpatialDropout1D "
    "SpatialDropout2D SpatialDropout3D GaussianDropout GaussianNoise AlphaDropout "
    "MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D "
    "AveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D "
    "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D "
    "AdaptiveAveragePooling2D AdaptiveMaxPooling2D ZeroPadding1D ZeroPadding2D "
    "ZeroPadding3D Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D "
    "UpSampling3D Rescaling Identity ActivityRegularization Masking InputLayer "
    "Relu Relu6 Sigmoid Silu HardSigmoid HardSilu Gelu Elu Tanh Softplus"
).split()
_TOGETHER = "Add Subtract Multiply Average Maximum Minimum Divide TrueDivide".split()

RULES: dict[str, Rule] = {
    **dict.fromkeys(_SAME, same),
    **dict.fromkeys(_TOGETHER, together),
    **dict.fromkeys(["Dense", "Conv1D", "Conv2D", "Conv3D"], dense),
    **dict.fromkeys(["Conv2DTranspose", "Conv3DTranspose"], transposed),
    **dict.fromkeys(["Conv1DTranspose"], transposed),
    **dict.fromkeys(["DepthwiseConv1D", "DepthwiseConv2D"], depthwise),
    **dict.fromkeys(["SeparableConv1D", "SeparableConv2D"], separable),
    **dict.fromkeys(
        "BatchNormalization LayerNormalization GroupNormalization "
        "RMSNormalization".split(),
        normalization,
    ),
    **dict.fromkeys(["Concatenate"], concatenate),
    **dict.fromkeys(["Flatten", "Reshape"], reshape),
}


def find(operation: Any) -> Rule | None:
    """The rule for a layer or operation, or None if units are lost in it.

    Subclasses of Keras layers follow their parent's rule only where they are
    Keras's own or this library's: a user's override may do anything.
    """
    for kind in type(operation).__mro__:
        if not kind.__module__.startswith(("keras.", "hypermask_tf.")):
            return None
        if kind in (keras.Layer, layers.Wrapper):
            return None
        if kind.__name__ in RULES:
            return RULES[kind.__name__]
    return None
