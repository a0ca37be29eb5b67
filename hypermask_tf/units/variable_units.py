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
    """

    out_axes: tuple[int, ...]
    out_units: np.ndarray
    in_axis: int | None = None
    in_units: list[np.ndarray] = dataclasses.field(default_factory=list)
