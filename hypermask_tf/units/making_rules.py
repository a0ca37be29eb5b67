"""Layers that make units, and the activations they end with."""

import dataclasses
import math
from typing import Any

import keras
import numpy as np

from hypermask_tf.units.activations import couples, works_within_channels
from hypermask_tf.units.recorder import Call, Recorder, per_channel
from hypermask_tf.units.variable_units import VariableUnits


def dense(recorder: Recorder, call: Call) -> np.ndarray | None:
    """Dense and convolution: a kernel (..., in, out) makes new units."""
    kernel = call.operation.kernel
    if not isinstance(kernel, keras.Variable):  # a kernel plus a low-rank update
        return None
    units, rank = recorder.pool.solid(call.inputs[0]), len(kernel.shape)
    fan_in, filters = kernel.shape[-2:]
    if fan_in == units.size:
        spec = _making(recorder, kernel, (rank - 1,), rank - 2)
        spec.in_units.append(units)
    else:  # A grouped kernel's input axis counts within the filter's group.
        groups = units.size // fan_in
        spec = _making(recorder, kernel, (rank - 1,), None)
        spec.pair_axes = (rank - 2, rank - 1)
        by_group = units.reshape(groups, fan_in)
        spec.pair_units.append(np.repeat(by_group, filters // groups, axis=0).T)
    return _finish(recorder, call, spec.out_units)


def transposed(recorder: Recorder, call: Call) -> np.ndarray | None:
    """Transposed convolution: a kernel (..., out, in)."""
    kernel = call.operation.kernel
    rank = len(kernel.shape)
    spec = _making(recorder, kernel, (rank - 2,), rank - 1)
    spec.in_units.append(recorder.pool.solid(call.inputs[0]))
    return _finish(recorder, call, spec.out_units)


def depthwise(recorder: Recorder, call: Call) -> np.ndarray | None:
    """Depthwise convolution (..., in, multiplier): keeps units, or makes new ones."""
    kernel = call.operation.kernel
    rank, multiplier = len(kernel.shape), kernel.shape[-1]
    units = recorder.pool.solid(call.inputs[0])
    if multiplier == 1:
        return _finish(recorder, call, per_channel(recorder, kernel, units, rank - 2))
    spec = _making(recorder, kernel, (rank - 2, rank - 1), rank - 2)
    spec.in_units.append(units)
    return _finish(recorder, call, spec.out_units.ravel())


def separable(recorder: Recorder, call: Call) -> np.ndarray | None:
    """Separable convolution: the depthwise half belongs to the units it reads."""
    first, second = call.operation.depthwise_kernel, call.operation.pointwise_kernel
    rank = len(first.shape)
    units = per_channel(recorder, first, call.inputs[0], rank - 2)
    spec = _making(recorder, second, (rank - 1,), rank - 2)
    spec.in_units.append(np.repeat(units, first.shape[-1]))
    return _finish(recorder, call, spec.out_units)


def embedding(recorder: Recorder, call: Call) -> np.ndarray | None:
    """Embedding: a table (in, out) makes units and reads numbers of rows, no units."""
    table = call.operation.embeddings
    if not isinstance(table, keras.Variable):
        return None
    return _making(recorder, table, (1,), None).out_units


def prelu(recorder: Recorder, call: Call) -> np.ndarray | None:
    """PReLU: slopes per channel, unless the channels share one."""
    if not call.operation.built:  # a Dense layer's activation before its first call
        return None
    alpha = call.operation.alpha
    if alpha.shape[-1] == call.inputs[0].size:
        return per_channel(recorder, alpha, call.inputs[0], len(alpha.shape) - 1)
    return call.inputs[0]


def activate(recorder: Recorder, call: Call) -> np.ndarray | None:
    """Activation layer: keeps units if its function works within channels."""
    function, units = call.operation.activation, call.inputs[0]
    if isinstance(function, keras.Layer):
        return _activate_with_layer(recorder, call, function)
    if couples(function):
        recorder.couple(call.name, units)
        return recorder.pool.solid(units)
    shape = (2,) * (len(call.shape) - 1) + (units.size,)
    return units if works_within_channels(function, shape) else None


def _activate_with_layer(
    recorder: Recorder, call: Call, layer: keras.Layer
) -> np.ndarray | None:
    from hypermask_tf.units.rules import find  # the registry knows this module

    rule = find(layer)
    if rule is None:
        return None
    units = rule(recorder, dataclasses.replace(call, operation=layer))
    return units if isinstance(units, np.ndarray) else None


def _finish(recorder: Recorder, call: Call, units: np.ndarray) -> np.ndarray | None:
    """Bias and activation."""
    layer = call.operation
    if getattr(layer, "bias", None) is not None:
        per_channel(recorder, layer.bias, units)
    if layer.activation is None:
        return units
    result = activate(recorder, dataclasses.replace(call, inputs=[units]))
    if result is None:  # Nobody knows where these units went: they stay on.
        recorder.pool.merge(units, recorder.pool.fixed(units.size))
    return result


def _making(
    recorder: Recorder, kernel: Any, out_axes: tuple[int, ...], in_axis: int | None
) -> VariableUnits:
    """Units of a kernel: new ones at its first call, the same at the next."""
    spec = recorder.known(kernel)
    if spec is None:
        shape = tuple(kernel.shape[axis] for axis in out_axes)
        units = recorder.new_units(kernel, math.prod(shape)).reshape(shape)
        spec = recorder.record(
            kernel, VariableUnits(out_axes, units, in_axis, makes=True)
        )
    return spec
