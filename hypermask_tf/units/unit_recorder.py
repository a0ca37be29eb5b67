"""Where the rules of layers write down which units they find."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hypermask_tf.units.unit_pool import UnitPool
from hypermask_tf.units.variable_units import VariableUnits


class UnitRecorder:
    """Gives rules new units, and keeps what they say of a layer's variables.

    Args:
        maskable: Variables that may be masked, None for all.

    Attributes:
        pool: The units found.
        specs: What is recorded of each variable, by its identity.
        coupled: Layers in which each of these units reaches the other channels.
    """

    def __init__(self, maskable: Sequence[Any] | None = None) -> None:
        self._maskable = None if maskable is None else {id(v) for v in maskable}
        self.pool = UnitPool()
        self.specs: dict[int, VariableUnits] = {}
        self.coupled: list[tuple[str, np.ndarray]] = []
        self._layer_of: dict[int, str] = {}

    def make(
        self, kernel: Any, out_axes: tuple[int, ...], in_axis: int | None
    ) -> VariableUnits:
        """Units that `kernel` makes: new at its first call, the same at the next.

        The rule appends the units that this call reads to `in_units` or `pair_units`
        of the result.

        Args:
            kernel: The variable. If it may not be masked, its units are always on.
            out_axes: The axes that enumerate what it makes.
            in_axis: The axis that enumerates what it reads; None if none does.
        """
        if id(kernel) not in self.specs:
            shape = tuple(kernel.shape[axis] for axis in out_axes)
            new = self.pool.new if self._may_mask(id(kernel)) else self.pool.fixed
            units = new(math.prod(shape)).reshape(shape)
            self._record(kernel, VariableUnits(out_axes, units, in_axis, makes=True))
        return self.specs[id(kernel)]

    def per_channel(
        self, variable: Any, units: np.ndarray, axis: int = 0
    ) -> np.ndarray:
        """Records that `axis` of a variable has an entry for each of these units.

        In a layer that is called twice it makes the units of both calls one.

        Returns:
            The units.
        """
        units = self.pool.solid(units)
        spec = self._record(variable, VariableUnits((axis,), units))
        if spec.out_units is not units:
            self.pool.merge(spec.out_units, units)
        return units

    def couple(self, name: str, units: np.ndarray) -> np.ndarray:
        """Records that in this layer each of these units reaches all channels.

        Returns:
            The units.
        """
        self.coupled.append((name, units))
        return self.pool.solid(units)

    def uncut(self) -> list[tuple[str, np.ndarray]]:
        """Layers that read these units with weights that cannot all be cut.

        The weights are frozen, or read a unit that is on in another call.
        """
        found: list[tuple[str, np.ndarray]] = []
        for identity, spec in self.specs.items():
            _, calls = spec.reads
            name = self._layer_of[identity]
            if not self._may_mask(identity):
                found.extend((name, units) for units in calls)
            for units in calls[1:]:
                differ = self.pool.roots(units) != self.pool.roots(calls[0])
                found.extend((name, call[differ]) for call in calls)
        return found

    def _record(self, variable: Any, spec: VariableUnits) -> VariableUnits:
        self._layer_of[id(variable)] = variable.path.rpartition("/")[0]
        return self.specs.setdefault(id(variable), spec)

    def _may_mask(self, identity: int) -> bool:
        return self._maskable is None or identity in self._maskable
