"""Which units the axes of one variable stand for."""

import dataclasses

import numpy as np


@dataclasses.dataclass
class VariableUnits:
    """Units along the axes of a variable.

    Attributes:
        out_axes: The axes that enumerate the units this variable produces.
        out_units: Unit numbers, of the shape of those axes.
        in_axis: The axis that enumerates the units this variable reads, or None.
        in_units: One array of unit numbers per call of the layer.
        pair_axes: In place of `in_axis` where a grouped convolution reads another
            unit with each filter: the two axes whose entries name a unit.
        pair_units: One array of unit numbers per call, of the shape of those axes.
        makes: Whether the variable makes its units, as a kernel does; a bias or a
            normalisation's scale belongs to units that another variable makes.
    """

    out_axes: tuple[int, ...]
    out_units: np.ndarray
    in_axis: int | None = None
    in_units: list[np.ndarray] = dataclasses.field(default_factory=list)
    pair_axes: tuple[int, ...] = ()
    pair_units: list[np.ndarray] = dataclasses.field(default_factory=list)
    makes: bool = False

    @property
    def reads(self) -> tuple[tuple[int, ...], list[np.ndarray]]:
        """The axes that enumerate what is read, and their units call by call."""
        if self.in_axis is None:
            return self.pair_axes, self.pair_units
        return (self.in_axis,), self.in_units

    def renumber(self, numbers: np.ndarray) -> None:
        """Replaces every unit `u` by `numbers[u]`."""
        self.out_units = numbers[self.out_units]
        self.in_units = [numbers[units] for units in self.in_units]
        self.pair_units = [numbers[units] for units in self.pair_units]
