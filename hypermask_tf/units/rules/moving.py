"""Operations that move values about: transposes and splits."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from hypermask_tf.units.rules.registry import register_rule
from hypermask_tf.units.rules.rule import Arrays, Rule
from hypermask_tf.units.unit_pool import UnitPool

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
class Move(Rule):
    """What it does to channels is seen by doing it to their numbers, in NumPy."""

    keeps_channels = True

    def pass_units(self, pool: UnitPool, inputs: Arrays) -> Arrays | None:
        return self._moved(inputs[0]) if self._sources is not None else None

    def applies(self) -> bool:
        """Whether all channels stay where they are."""
        sources, channels = self._sources, np.arange(self.in_widths[0])
        return (
            self.is_one_to_one
            and sources is not None
            and np.array_equal(sources[0], channels)
        )

    def constants(self, inputs: Arrays) -> Arrays:
        return self._moved(inputs[0])

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        result = np.zeros(self.in_widths[0], dtype=bool)
        for source, mask in zip(self._sources or [], needed, strict=True):
            result[source[mask]] = True
        return [result]

    def _move(self, array: np.ndarray) -> Any:
        operation = self.step.operation
        return _MOVES[type(operation).__name__](array, operation)

    def _moved(self, channels: np.ndarray) -> Arrays:
        return [channels[source] for source in self._sources or []]

    @cached_property
    def _sources(self) -> Arrays | None:
        """Which input channel each channel of an output is; None if it is none.

        The array of numbers repeats the channels along all other axes without taking
        memory: there its strides are 0, which shows to which axis they went.
        """
        shape = [_UNKNOWN if n is None else n for n in self.step.input_shapes[0]]
        try:
            moved = self._move(np.broadcast_to(np.arange(self.in_widths[0]), shape))
            parts = moved if isinstance(moved, list) else [moved]
            sources = [_last_axis(part) for part in parts]
        except (IndexError, ValueError):
            return None
        found = [source for source in sources if source is not None]
        return found if len(found) == len(sources) else None


def _last_axis(channels: np.ndarray) -> np.ndarray | None:
    *others, _ = zip(channels.shape, channels.strides, strict=True)
    if not others or any(size > 1 and stride for size, stride in others):
        return None
    return channels[(0,) * len(others)]


@register_rule("Split")
class Split(Move):
    """Of channels, or of tensors into some with the same channels."""

    per_layer = True

    def applies(self) -> bool:
        return len(self.step.inputs) == 1

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


@register_rule("ArraySplit")
class ArraySplit(Split):
    """Uneven parts of channels cannot be asked of it."""

    def applies(self) -> bool:
        return super().applies() and not self._of_channels

    def _move(self, array: np.ndarray) -> Any:
        operation = self.step.operation
        return np.array_split(array, operation.indices_or_sections, operation.axis)
