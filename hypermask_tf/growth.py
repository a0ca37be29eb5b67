"""Widening a trained network by new units without changing any old task."""

from typing import Any

import numpy as np
from keras import ops

from hypermask_tf import copies, replicas
from hypermask_tf.compaction import rebuild
from hypermask_tf.hypernetworks import MaskBank, MLPHypernetwork
from hypermask_tf.units import FIXED, UnitGraph, VariableUnits

Index = tuple[Any, ...]


def grow(model: Any, widths: dict[str, int]) -> Any:
    """A copy of `model` whose target has more units.

    The latest task is closed. All learned tasks keep their units, and the new ones
    are off in their masks, so they compute what they did. A further task switches on
    as many units as before: the sparsity of each group rises accordingly.

    Args:
        model: A `HyperMask` with unit masks.
        widths: New width by layer name.

    Raises:
        ValueError: If it has no unit masks, its hypernetwork cannot grow, a name is
            unknown, or a layer would shrink.
    """
    _check(model)
    with replicas.scope(model):
        target = rebuild(model.target, widths)
    maskable = [
        variable
        for variable, flag in zip(
            target.trainable_variables, model._roles.maskable, strict=True
        )
        if flag
    ]
    graph = UnitGraph(target, maskable)
    units = _unit_places(model._layout.graph, graph)
    _check_coupled(graph, units)
    sparsity = _same_counts(model, graph.group_sizes)
    wider = copies.like(model, target=target, sparsity=sparsity)
    _copy(model, wider, units)
    copies.compile_like(wider, model)
    return wider


def _check(model: Any) -> None:
    if model.granularity != "unit":
        raise ValueError(
            '`grow` needs `granularity="unit"`: only units can be added. '
            f"Received: granularity={model.granularity!r}"
        )
    if not isinstance(model.hypernetwork, MLPHypernetwork | MaskBank):
        raise ValueError(
            "`grow` needs a hypernetwork with a row per score: MLPHypernetwork or "
            f"MaskBank. Received: {type(model.hypernetwork).__name__}"
        )


def _check_coupled(graph: UnitGraph, units: np.ndarray) -> None:
    """Refuses new units in the statistics of a layer that couples its channels."""
    new = np.setdiff1d(np.arange(graph.num_units), units)
    for name in graph.coupled:
        if np.isin(new, graph.seen_by.get(name, np.array([], int))).any():
            raise ValueError(
                "New units would count in the statistics of a layer that couples its "
                "channels, and change old tasks. Widen layers that it does not see. "
                f"Received: layer {name!r}"
            )


def _same_counts(model: Any, sizes: tuple[int, ...]) -> list[float]:
    """Sparsities of wider groups that leave as many units on as before."""
    old = model._layout
    sparsities = list(old.selection.sparsities)
    kept = ops.convert_to_numpy(old.selection.counts()).tolist()
    for i, (size, before) in enumerate(zip(sizes, old.group_sizes, strict=True)):
        if size > before:
            # Half a unit of room: the count is rounded up from a percentile.
            sparsities[i] = 100 * (size - kept[i] - 0.5) / (size - 1)
    return sparsities


def _unit_places(old: UnitGraph, new: UnitGraph) -> np.ndarray:
    """New number of every old unit: the first ones of its group."""
    if len(old.group_sizes) != len(new.group_sizes) or any(
        m > n for m, n in zip(old.group_sizes, new.group_sizes, strict=True)
    ):
        raise ValueError(
            "The wider network groups its units otherwise, or has fewer of them: "
            "layers that a residual connection ties together must grow together. "
            f"Expected groups of at least {old.group_sizes}. "
            f"Received: {new.group_sizes}"
        )
    starts = np.cumsum([0, *new.group_sizes])
    return np.concatenate(
        [
            start + np.arange(size)
            for start, size in zip(starts[:-1], old.group_sizes, strict=True)
        ]
    )


def _copy(old: Any, new: Any, units: np.ndarray) -> None:
    """Values of `old` at their places in `new`; the latest task is closed."""
    places = _places(old, new, units)
    for variable, source in zip(
        (*new.weights, *new.random_state),
        (*old.weights, *old.random_state),
        strict=True,
    ):
        values = ops.convert_to_numpy(source.value)
        if variable.shape != source.shape:
            wide = ops.convert_to_numpy(variable.value).copy()
            wide[places[id(variable)]] = values
            values = wide
        variable.assign(values)
    learned = old.num_learned_tasks
    if learned > old.num_finished_tasks:
        _close(old, new, learned - 1, units)
    new._finished.assign(learned)


def _close(old: Any, new: Any, task: int, units: np.ndarray) -> None:
    """Writes down in `new` what the latest task of `old` is made of."""
    index = ops.convert_to_tensor(task, dtype="int32")
    scores = old._task_masks.scores(index, ops.zeros((), dtype="int32") + task)
    memory = new._memory
    wide = np.zeros(memory.support.shape[1])
    keep, held = wide.copy(), wide.copy()
    keep[units] = old.units_on(task)
    held[units] = ops.convert_to_numpy(scores)
    new._bank.archive(task)
    memory.end(task, keep, held if memory.hard else None)
    # Held from here on, so its mask is known to be off in the new units.
    new._finished.assign(task + 1)
    variables = new.target.trainable_variables
    values = memory.hold([variable.value for variable in variables])
    memory.mark_used(new._masks_of(task))
    for i in memory.indices:
        variables[i].assign(values[i])
    memory.begin([variable.value for variable in variables], None)


def _places(old: Any, new: Any, units: np.ndarray) -> dict[int, Index]:
    """Where the values of each variable of `old` lie in that of `new`."""
    places: dict[int, Index] = {}
    axes: dict[int, list[np.ndarray]] = {}
    masked = {
        id(variable)
        for i, variable in enumerate(old.target.trainable_variables)
        if old._layout.units_of(i) is not None
    }
    learned = {id(variable) for variable in old.target.trainable_variables}
    for before, after in zip(old.target.variables, new.target.variables, strict=True):
        if before.shape != after.shape and id(before) in learned - masked:
            raise ValueError(
                "A variable that no mask touches would grow, and change old tasks. "
                f"Leave it out of `widths`, or mask it. Received: {before.path}"
            )
        axes[id(after)] = _axes(
            old._layout.graph, new._layout.graph, before, after, units
        )
        places[id(after)] = np.ix_(*axes[id(after)]) if before.shape else ()
    for i, reference in zip(new._memory.indices, new._memory.reference, strict=True):
        places[id(reference)] = places[id(new.target.trainable_variables[i])]
    for i, used in zip(new._memory.indices, new._memory.used, strict=False):
        places[id(used)] = places[id(new.target.trainable_variables[i])]
    tasks = np.arange(new.num_tasks)
    for variable, bank in new._bank.rows():
        places[id(bank)] = np.ix_(tasks, *axes[id(variable)])
    for state in (new._memory.support, new._memory.scores):
        if state is not None:
            places[id(state)] = (slice(None), units)
    places[id(new._memory.pinned)] = (units,)
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
