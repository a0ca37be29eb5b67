"""What one variable becomes when units are copied within it."""

import dataclasses

import numpy as np

from hypermask_tf.units import FIXED, VariableUnits

# In an origin: the unit is on and stands for none, or it is off.
NO_ORIGIN, NOT_THERE = -1, -2
# What a position of an axis is to the new task.
_OFF, _FRESH, _FOREIGN, _SAME, _COPY = range(5)


@dataclasses.dataclass(frozen=True)
class Origins:
    """For every unit of a new task the unit of its source it stands for.

    Attributes:
        units: int `(units,)`: the source's unit, `NO_ORIGIN` or `NOT_THERE`.
        taken: bool `(units,)`: what some earlier task uses.
    """

    units: np.ndarray
    taken: np.ndarray

    @property
    def on(self) -> np.ndarray:
        """Which units the new task has; bool `(units,)`."""
        return self.units != NOT_THERE

    def places(self, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each position of an axis: where its origin stands, and what it is.

        A unit may have many positions, as behind a flatten: the k-th of it comes from
        the k-th of its origin.
        """
        positions: dict[int, list[int]] = {}
        for place, unit in enumerate(units):
            positions.setdefault(int(unit), []).append(place)
        places, states = np.arange(units.size), np.full(units.size, _SAME)
        for unit, mine in positions.items():
            if unit == FIXED:
                continue
            source = int(self.units[unit])
            theirs = positions.get(source, []) if source >= 0 else []
            if source == NOT_THERE:
                states[mine] = _OFF
            elif len(theirs) == len(mine):
                places[mine] = theirs
                states[mine] = _SAME if source == unit else _COPY
            else:
                foreign = source == NO_ORIGIN and self.taken[unit]
                states[mine] = _FOREIGN if foreign else _FRESH
        return places, states


def copied(
    spec: VariableUnits,
    value: np.ndarray,
    old: np.ndarray,
    mask: np.ndarray | None,
    origins: Origins,
    free: np.ndarray | None,
) -> np.ndarray:
    """`value` with the weights of the origins, where they may be written.

    Args:
        spec: Units along the axes, one output axis at most one of input.
        value: The shared weights now.
        old: The masked weights of the source, of the same shape.
        mask: Mask of the new task, by which `old` has to be divided; None for 1.
        origins: Where the units of the new task come from.
        free: Which weights may be written; None if all belong to the task alone.

    Returns:
        An array like `value`.
    """
    own = free is None
    out_place, out_state = origins.places(spec.out_units.ravel())
    source = np.take(old, out_place, axis=spec.out_axes[0])
    out_state = _along(out_state, spec.out_axes[0], value.ndim)
    in_state = np.full((1,) * value.ndim, _SAME)
    if spec.in_axis is not None and spec.in_units:
        in_place, in_state = origins.places(spec.in_units[0])
        source = np.take(source, in_place, axis=spec.in_axis)
        in_state = _along(in_state, spec.in_axis, value.ndim)
    known = (in_state >= _SAME) & (out_state >= _SAME)
    new = (in_state == _COPY) | (out_state == _COPY) | (out_state == _FRESH) | own
    # A unit that nothing stands for must not disturb those that have an origin.
    foreign = (in_state == _FRESH) | (in_state == _FOREIGN) | (in_state == _COPY)
    quiet = ~known & foreign & ((out_state >= _SAME) | (out_state == _FOREIGN))
    scale = np.ones(value.shape) if mask is None else mask
    may = (scale != 0) & (True if free is None else free)
    result = np.where(may & known & new, source / np.where(scale == 0, 1, scale), value)
    result = np.where(may & quiet & (in_state != _OFF), 0, result)
    return result.astype(value.dtype)


def _along(values: np.ndarray, axis: int, ndim: int) -> np.ndarray:
    """`values` along one axis of an array that has `ndim` of them."""
    return values.reshape([-1 if a == axis else 1 for a in range(ndim)])
