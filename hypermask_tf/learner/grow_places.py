"""Where the values of a network lie in a wider copy of it."""

from typing import Any

import numpy as np

from hypermask_tf.hypernetworks import MaskBank
from hypermask_tf.tasks import LearnerState
from hypermask_tf.units import FIXED, UnitGraph, VariableUnits

Index = tuple[Any, ...]


def places_of(
    old: LearnerState, new: LearnerState, units: np.ndarray
) -> dict[int, Index]:
    """Where the values of each variable of `old` lie in that of `new`.

    Args:
        old: Of a learner.
        new: Of a copy of it whose target is wider.
        units: New number of every old unit.

    Returns:
        By `id` of the variable of `new`, what indexes it.

    Raises:
        ValueError: If a variable grows in a way that would change old tasks, or that
            is not known.
    """
    places: dict[int, Index] = {}
    axes: dict[int, list[np.ndarray]] = {}
    masked = {
        id(variable)
        for i, variable in enumerate(old.target.trainable_variables)
        if old.unit_layout.units_of(i) is not None
    }
    learned = {id(variable) for variable in old.target.trainable_variables}
    for before, after in zip(old.target.variables, new.target.variables, strict=True):
        if before.shape != after.shape and id(before) in learned - masked:
            raise ValueError(
                "A variable that no mask touches would grow, and change old tasks. "
                f"Leave it out of `widths`, or mask it. Received: {before.path}"
            )
        axes[id(after)] = _axes(
            old.unit_layout.graph, new.unit_layout.graph, before, after, units
        )
        places[id(after)] = np.ix_(*axes[id(after)]) if before.shape else ()
    for i, reference in zip(new.memory.indices, new.memory.reference, strict=True):
        places[id(reference)] = places[id(new.target.trainable_variables[i])]
    for i, used in zip(new.memory.indices, new.memory.used, strict=False):
        places[id(used)] = places[id(new.target.trainable_variables[i])]
    tasks = np.arange(new.num_tasks)
    for variable, bank in new.bank.rows():
        places[id(bank)] = np.ix_(tasks, *axes[id(variable)])
    for state in (new.memory.support, new.memory.scores):
        if state is not None:
            places[id(state)] = (slice(None), units)
    places[id(new.memory.pinned)] = (units,)
    _hypernetwork_places(new.hypernetwork, units, places)
    return places


def _hypernetwork_places(
    hypernetwork: Any, units: np.ndarray, places: dict[int, Index]
) -> None:
    if isinstance(hypernetwork, MaskBank):
        places[id(hypernetwork.bank)] = (slice(None), units)
        places[id(hypernetwork.scores)] = (units,)
    else:
        places[id(hypernetwork.stack.kernels[-1])] = (units,)
        places[id(hypernetwork.stack.biases[-1])] = (units,)


def _axes(
    old: UnitGraph, new: UnitGraph, before: Any, after: Any, units: np.ndarray
) -> list[np.ndarray]:
    """For each axis of a variable, the new positions of its old ones."""
    axes = [np.arange(size) for size in before.shape]
    one, other = old.units_of(before), new.units_of(after)
    if one is None or other is None:
        return axes
    for axis in range(len(axes)):
        pair = _along(one, axis), _along(other, axis)
        if pair[0] is not None and pair[1] is not None:
            axes[axis] = _positions(pair[0], pair[1], units)
        elif before.shape[axis] != after.shape[axis]:
            raise ValueError(
                "The units along an axis that grows are not known, as in a grouped "
                "convolution. Widen other layers. Received: "
                f"{before.path} of shape {tuple(before.shape)}"
            )
    return axes


def _along(spec: VariableUnits, axis: int) -> np.ndarray | None:
    """Units along an axis of a variable; None if it counts something else."""
    if axis == spec.in_axis and spec.in_units:
        return spec.in_units[0]
    return spec.out_units if spec.out_axes == (axis,) else None


def _positions(before: np.ndarray, after: np.ndarray, units: np.ndarray) -> np.ndarray:
    """New positions of units along an axis; the k-th of a unit stays its k-th."""
    known = np.isin(after, units).sum()
    if known != np.count_nonzero(before != FIXED):
        raise ValueError(
            "The wider network ties its units otherwise: channels that are padded or "
            "cut between layers move when both layers grow. Widen other layers, or "
            "build a wider target from the start."
        )
    slots: dict[int, list[int]] = {}
    for place, unit in enumerate(after):
        slots.setdefault(int(unit), []).append(place)
    seen: dict[int, int] = {}
    result = []
    for unit in map(int, before):
        k = seen[unit] = seen.get(unit, -1) + 1
        result.append(slots[unit if unit == FIXED else int(units[unit])][k])
    return np.array(result)
