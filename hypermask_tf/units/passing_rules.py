"""Layers that hand units on: within channels, across them, or tying two inputs."""

from typing import Any

import numpy as np

from hypermask_tf.units.recorder import Call, Recorder, per_channel
from hypermask_tf.units.unit_pool import NOTHING


def same(recorder: Recorder, call: Call) -> np.ndarray:
    """Layers that work within channels: activation, pooling, padding, dropout."""
    return call.inputs[0]


def stays_on(recorder: Recorder, call: Call) -> np.ndarray:
    """What is not finite at zero, or steep: units that it reads may not be off."""
    recorder.pool.merge(call.inputs[0], recorder.pool.fixed(call.inputs[0].size))
    return call.inputs[0]


def normalization(recorder: Recorder, call: Call) -> np.ndarray:
    """Scale, offset and moving statistics along the last axis belong to the units."""
    layer, units = call.operation, recorder.pool.solid(call.inputs[0])
    axes = _axes(layer.axis, call)
    last = len(call.input_shape) - 1
    if last in axes:
        for variable in layer.weights:
            if len(variable.shape) == len(axes):
                per_channel(recorder, variable, units, axes.index(last))
    return _couple_if(recorder, call, _sums_over_channels(layer, axes, last))


def _sums_over_channels(layer: Any, axes: list[int], last: int) -> bool:
    kinds = {kind.__name__ for kind in type(layer).__mro__}
    if "BatchNormalization" in kinds:  # its axis is the one it does not sum over
        return axes != [last]
    if "GroupNormalization" in kinds:
        gamma_or_beta = layer.weights[0].shape[0] if layer.weights else None
        return axes != [last] or layer.groups != gamma_or_beta
    return last in axes


def couples_axis(recorder: Recorder, call: Call) -> np.ndarray:
    """Softmax, unit norm: without variables, coupled if along the channels."""
    last = len(call.input_shape) - 1
    return _couple_if(recorder, call, last in _axes(call.operation.axis, call))


def couples(recorder: Recorder, call: Call) -> np.ndarray:
    """Layers in which each channel always depends on all others."""
    return _couple_if(recorder, call, True)


def _couple_if(recorder: Recorder, call: Call, coupled: bool) -> np.ndarray:
    if not coupled:
        return call.inputs[0]
    recorder.couple(call.name, call.inputs[0])
    return recorder.pool.solid(call.inputs[0])


def _axes(axis: Any, call: Call) -> list[int]:
    axes = axis if isinstance(axis, (list, tuple)) else [axis]
    return [int(a) % len(call.input_shape) for a in axes]


def together(recorder: Recorder, call: Call) -> np.ndarray | None:
    """Multiply, maximum …: position by position the units become one."""
    wide = [recorder.pool.solid(units) for units in _wide(recorder, call)]
    for other in wide[1:]:
        recorder.pool.merge(wide[0], other)
    return wide[0] if wide else None


def add(recorder: Recorder, call: Call) -> np.ndarray | None:
    """Sums: as `together`, but where one side is nothing the other's unit stays."""
    wide = _wide(recorder, call)
    if not wide:
        return None
    units = wide[0]
    for other in wide[1:]:
        both = (units != NOTHING) & (other != NOTHING)
        recorder.pool.merge(units[both], other[both])
        units = np.where(units == NOTHING, other, units)
    return units


def divide(recorder: Recorder, call: Call) -> np.ndarray | None:
    """Divide: as `together`; the denominator may not be zero, so it stays on."""
    denominator = call.node.arguments.args[-1]
    for tensor, units in zip(call.node.input_tensors, call.inputs, strict=True):
        if tensor is denominator:
            recorder.pool.merge(units, recorder.pool.fixed(units.size))
    return together(recorder, call)


def _wide(recorder: Recorder, call: Call) -> list[np.ndarray]:
    """Inputs as wide as the output; a narrow one reaches every channel: it stays on."""
    wide = []
    for units in call.inputs:
        if units.size == call.shape[-1]:
            wide.append(units)
        else:
            recorder.pool.merge(units, recorder.pool.fixed(units.size))
    return wide
