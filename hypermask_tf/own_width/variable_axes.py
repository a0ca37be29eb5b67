"""Which axes of a target's variables get narrower."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from hypermask_tf.own_width.picked_axis import PickedAxis
from hypermask_tf.units import FIXED, UnitGraph, VariableUnits


@dataclasses.dataclass(frozen=True)
class VariableAxes:
    """The axes of one variable that stand for units, each with its key.

    Attributes:
        made: The axis along which it makes or scales units, or None.
        read: The axis along which it reads units, or None.
    """

    made: tuple[int, bytes] | None = None
    read: tuple[int, bytes] | None = None

    @property
    def both(self) -> list[tuple[int, bytes]]:
        """The axes that there are."""
        return [axis for axis in (self.made, self.read) if axis is not None]


class TargetAxes:
    """The axes of all variables of a target at the width of a task.

    A group of units stays whole if one of its units cannot be cut out, or a variable
    holds it in a way that is not one axis with all its units equally often.

    Args:
        target: The built target network.
        graph: Its unit graph.
        counts: How many units of each group a task has at most.
        order: As in `PickedAxis`.

    Attributes:
        axes: Every axis that stands for units, under its key; variables share them.
        whole: Groups that stay whole.
        counts: How many units of each group are computed.
    """

    def __init__(
        self,
        target: keras.Model,
        graph: UnitGraph,
        counts: Sequence[int],
        order: str = "place",
    ) -> None:
        self.axes: dict[bytes, PickedAxis] = {}
        self.whole: set[int] = set()
        self._order = order
        self._sizes = graph.group_sizes
        self._groups = np.repeat(np.arange(len(self._sizes)), self._sizes)
        self.counts = list(counts)
        self._keep_whole(np.flatnonzero(~graph.removable))
        specs = {
            id(v): (spec, tuple(v.shape))
            for v in target.variables
            if (spec := graph.units_of(v)) is not None
        }
        before = -1
        while before != (before := len(self.whole)):
            self.axes.clear()
            self._by_variable = {
                identity: self._variable(*pair) for identity, pair in specs.items()
            }

    def of(self, variable: Any) -> VariableAxes | None:
        """The axes of a variable; None if it is left as it is, mask and all."""
        return self._by_variable.get(id(variable), VariableAxes())

    def shape(self, variable: Any) -> tuple[int, ...]:
        """What is left of a variable's shape."""
        left = list(variable.shape)
        for axis, key in (self.of(variable) or VariableAxes()).both:
            left[axis] = self.axes[key].width
        return tuple(left)

    def _keep_whole(self, units: np.ndarray) -> None:
        for group in set(self._groups[units[units != FIXED]].tolist()):
            self.whole.add(group)
            self.counts[group] = self._sizes[group]

    def _variable(
        self, spec: VariableUnits, shape: tuple[int, ...]
    ) -> VariableAxes | None:
        try:
            return VariableAxes(
                self._single(spec.out_axes, [spec.out_units], shape),
                self._single(*spec.reads, shape),
            )
        except ValueError:
            for units in (spec.out_units, *spec.reads[1]):
                self._keep_whole(units.ravel())
            return None

    def _single(
        self,
        axes: tuple[int, ...],
        calls: Sequence[np.ndarray],
        shape: tuple[int, ...],
    ) -> tuple[int, bytes] | None:
        """The one axis that all calls agree on, and its key.

        Raises:
            ValueError: If there is no such axis.
        """
        if all(np.all(units == FIXED) for units in calls):
            return None
        units = calls[0]
        if (
            len(axes) != 1
            or units.shape != (shape[axes[0]],)
            or any(not np.array_equal(units, other) for other in calls)
        ):
            raise ValueError(f"Expected units along one axis. Received: axes {axes}")
        key = units.astype("int64").tobytes()
        if key not in self.axes:
            axis = PickedAxis(units, self._groups, self.counts, self._order)
            self.axes[key] = axis
        return axes[0], key
