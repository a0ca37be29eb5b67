"""Operations that move channels about: transposes, splits."""

from collections.abc import Callable
from typing import Any

import numpy as np

from hypermask_tf.units.rules.registry import register_rule
from hypermask_tf.units.rules.rule import Arrays
from hypermask_tf.units.rules.within_channels import WithinChannels
from hypermask_tf.units.unit_pool import UnitPool
from hypermask_tf.units.unit_recorder import UnitRecorder

# Stands for a length that is not known before the data come.
_UNKNOWN = 1024

# What each operation that only permutes does, in NumPy.
_MOVES: dict[str, Callable[[Any, Any], Any]] = {
    "Transpose": lambda x, op: np.transpose(x, op.axes),
    "Permute": lambda x, op: np.transpose(x, (0, *op.dims)),
    "ExpandDims": lambda x, op: np.expand_dims(x, op.axis),
    "Squeeze": lambda x, op: np.squeeze(x, op.axis),
    "Flip": lambda x, op: np.flip(x, op.axis),
    "Swapaxes": lambda x, op: np.swapaxes(x, op.axis1, op.axis2),
    "Moveaxis": lambda x, op: np.moveaxis(x, op.source, op.destination),
}


@register_rule(*_MOVES)
class Move(WithinChannels):
    """Done to an array of units in place of numbers."""

    def units(self, recorder: UnitRecorder, inputs: Arrays) -> Arrays | None:
        """As in every rule.

        The array repeats the channels' units along all other axes without taking
        memory: there its strides are 0, and so it shows to which axis they went.
        """
        shape = [_UNKNOWN if n is None else n for n in self.step.input_shapes[0]]
        try:
            moved = self._move(np.broadcast_to(inputs[0], shape))
            parts = moved if isinstance(moved, list) else [moved]
            results = [_last_axis(part) for part in parts]
        except (IndexError, ValueError):
            return None
        found = [result for result in results if result is not None]
        return found if len(found) == len(results) else None

    def _move(self, array: np.ndarray) -> Any:
        operation = self.step.operation
        return _MOVES[type(operation).__name__](array, operation)


def _last_axis(units: np.ndarray) -> np.ndarray | None:
    *others, _ = zip(units.shape, units.strides, strict=True)
    if not others or any(size > 1 and stride for size, stride in others):
        return None
    return units[(0,) * len(others)]


@register_rule("Split")
class Split(Move):
    """Of channels, or of tensors into some with the same channels."""

    per_layer = True

    def pass_units(self, pool: UnitPool, inputs: Arrays) -> Arrays | None:
        return self._parts(inputs[0])

    def applies(self) -> bool:
        return len(self.step.inputs) == 1

    def constants(self, inputs: Arrays) -> Arrays:
        return self._parts(inputs[0])

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        join = np.concatenate if self._of_channels else np.logical_or.reduce
        return [join(needed)]

    def config(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, Any]:
        if not self._of_channels or kept_in[0].all():
            return {}
        *cuts, _ = np.cumsum([kept.sum() for kept in kept_out]).tolist()
        return {"indices_or_sections": cuts}

    @property
    def _of_channels(self) -> bool:
        rank = len(self.step.input_shapes[0])
        return bool(self.step.operation.axis % rank == rank - 1)

    def _move(self, array: np.ndarray) -> Any:
        operation = self.step.operation
        return np.split(array, operation.indices_or_sections, operation.axis)

    def _parts(self, array: np.ndarray) -> Arrays:
        if self._of_channels:
            return np.split(array, np.cumsum(self.out_widths)[:-1])
        return [array] * len(self.out_widths)


@register_rule("ArraySplit")
class ArraySplit(Split):
    """Uneven parts of channels cannot be asked of it."""

    def applies(self) -> bool:
        return super().applies() and not self._of_channels

    def _move(self, array: np.ndarray) -> Any:
        operation = self.step.operation
        return np.array_split(array, operation.indices_or_sections, operation.axis)
