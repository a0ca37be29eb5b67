"""Operations that move channels about: slices, padding, reshaping, joining."""

from collections.abc import Callable
from typing import Any

import numpy as np

from hypermask_tf.units.passing_rules import stays_on, together
from hypermask_tf.units.recorder import Call, Recorder

# Stands for a length that is not known before the data come.
_UNKNOWN = 1024

# The NumPy twin of each operation that only picks and permutes.
_TWINS: dict[str, Callable[[Any, Call], Any]] = {
    "GetItem": lambda x, call: x[_key(call.node.arguments.args[1])],
    "Transpose": lambda x, call: np.transpose(x, call.operation.axes),
    "Permute": lambda x, call: np.transpose(x, (0, *call.operation.dims)),
    "ExpandDims": lambda x, call: np.expand_dims(x, call.operation.axis),
    "Squeeze": lambda x, call: np.squeeze(x, call.operation.axis),
    "Flip": lambda x, call: np.flip(x, call.operation.axis),
    "Swapaxes": lambda x, call: np.swapaxes(
        x, call.operation.axis1, call.operation.axis2
    ),
    "Moveaxis": lambda x, call: np.moveaxis(
        x, call.operation.source, call.operation.destination
    ),
    "Split": lambda x, call: np.split(
        x, call.operation.indices_or_sections, call.operation.axis
    ),
    "ArraySplit": lambda x, call: np.array_split(
        x, call.operation.indices_or_sections, call.operation.axis
    ),
}
MOVES = tuple(_TWINS)


def move(recorder: Recorder, call: Call) -> np.ndarray | list[np.ndarray] | None:
    """Slices, transposes, splits …: done to an array of units in place of numbers.

    The array repeats the channels' units along all other axes without taking
    memory: there its strides are 0, and so one sees which axis they went to.
    """
    shape = [_UNKNOWN if size is None else size for size in call.input_shape]
    units = np.broadcast_to(call.inputs[0], shape)
    try:
        moved = _TWINS[type(call.operation).__name__](units, call)
        parts = moved if isinstance(moved, list) else [moved]
        results = [_last_axis(part) for part in parts]
    except (IndexError, ValueError):
        return None
    found = [result for result in results if result is not None]
    return found if len(found) == len(results) else None


def _last_axis(units: np.ndarray) -> np.ndarray | None:
    *others, _ = zip(units.shape, units.strides, strict=True)
    if not others or any(size > 1 and stride for size, stride in others):
        return None
    return units[(0,) * len(others)]


def _key(key: Any) -> Any:
    return tuple(key) if isinstance(key, list) else key


def pad(recorder: Recorder, call: Call) -> np.ndarray | None:
    """Padding keeps units; zeros beside the channels are nothing at all."""
    before, after = (int(size) for size in call.operation.pad_width[-1])
    if before == after == 0:
        return call.inputs[0]
    if call.operation.mode != "constant":
        return None
    value = call.node.arguments.kwargs.get("constant_values")
    zeros = value is None or not np.any(value)
    fill = recorder.pool.nothing if zeros else recorder.pool.fixed
    return np.concatenate([fill(before), call.inputs[0], fill(after)])


def concatenate(recorder: Recorder, call: Call) -> np.ndarray | None:
    """Concatenation: along the channels side by side, else position by position."""
    if call.operation.axis % len(call.shape) == len(call.shape) - 1:
        return np.concatenate(call.inputs)
    return together(recorder, call)


def reduce(recorder: Recorder, call: Call) -> np.ndarray | None:
    """Mean, maximum … over all axes but the last: works within channels."""
    axis, rank = call.operation.axis, len(call.input_shape)
    axes = axis if isinstance(axis, (list, tuple)) else [axis]
    if any(a is None or a % rank == rank - 1 for a in axes):
        return None
    return call.inputs[0]


def deviate(recorder: Recorder, call: Call) -> np.ndarray | None:
    """Standard deviation: the slope of its root has no end at zero."""
    return None if reduce(recorder, call) is None else stays_on(recorder, call)


def reshape(recorder: Recorder, call: Call) -> np.ndarray | None:
    """Flatten and reshape, as long as every position still names one unit."""
    units, last = call.inputs[0], call.shape[-1]
    if last is None or len(call.shape) < 2:
        return None
    if last % units.size == 0:  # (h, w, c) to (h * w * c): c varies fastest
        return np.tile(units, last // units.size)
    rows = units.reshape(-1, last) if units.size % last == 0 else None
    return rows[0] if rows is not None and (rows == rows[0]).all() else None
