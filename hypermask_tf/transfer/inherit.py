"""A new task starts from a copy of an earlier task's network."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import ops

from hypermask_tf.tasks import LearnerState
from hypermask_tf.transfer.copying import NO_ORIGIN, NOT_THERE, Origins, copied
from hypermask_tf.transfer.scores import pin, take_scores
from hypermask_tf.units import UnitGraph, VariableUnits


def check_inherit(state: LearnerState, task: int, source: int | None) -> None:
    """Raises a ValueError if `task` cannot start from a copy of task `source`."""
    if source is None:
        return
    if source >= task:
        raise ValueError(
            f"`inherit` must name a task before task {task}. Received: inherit={source}"
        )
    if state.roles.own:
        return  # its own parts are copied as they are
    if not (state.layout.over_units and state.protection.tracks_use):
        raise ValueError(
            "`inherit` needs `UnitMasks()` and a `protection` that tracks use, "
            '`Freeze()` or `WeightPenalty(on="used")`: it copies into units that no '
            f"earlier task uses. Received: masks={state.masks!r}, "
            f"protection={state.protection!r}"
        )
    if state.bank.mode != "per_task" and any(state.roles.normalization):
        raise ValueError(
            "`inherit` copies the normalisation of a task, so it must not be shared: "
            'use `normalization="per_task"`. '
            f"Received: normalization={state.bank.mode!r}"
        )
    _check_places(state.unit_layout.graph)
    for i, variable in enumerate(state.target.trainable_variables):
        spec = state.unit_layout.units_of(i)
        if spec is not None and not _simple(spec):
            raise ValueError(
                "`inherit` cannot copy units of grouped convolutions, of depthwise "
                "ones with several channels per input, or of layers whose calls read "
                f"different units. Received: {variable.path}"
            )


def _check_places(graph: UnitGraph) -> None:
    """Refuses layers that read a unit by its place, where a copy would stand elsewhere.

    Not those that couple all channels alike, as layer norm and softmax do.
    """
    for name in graph.seen_by:
        if name not in graph.coupled:
            raise ValueError(
                "`inherit` copies into units at other places, and a layer reads units "
                "by their place through weights that cannot be moved: it is frozen, "
                "has no rule, or mixes channels. Leave `inherit` out. "
                f"Received: layer {name!r}"
            )


def _simple(spec: VariableUnits) -> bool:
    """Whether a unit's weights stand at one place of each axis."""
    return (
        not spec.pair_axes
        and len(spec.out_axes) == 1
        and (spec.in_axis is None or spec.in_axis != spec.out_axes[0])
        and all(np.array_equal(units, spec.in_units[0]) for units in spec.in_units)
    )


def inherit(state: LearnerState, task: int, source: int) -> None:
    """Copies the network of task `source` into the free units of `task`.

    In every group the strongest units of `source`, as many as the allocation
    allows, stay themselves in the network of `task`; the others are copied into units
    that no task used before. Weights are set so that, as far as free units reach, the
    masked network of `task` computes what that of `source` does, and all weights that
    touch a copy can learn. Nothing an earlier task uses is written to.

    Units can be shared only where their scores can be given to the new task without
    changing an old one: with `Freeze` and an `MLPHypernetwork`, or with a
    `MaskBank`. Else no unit is shared on purpose.

    Args:
        state: Of a learner in which `task` has just begun, and which
            `check_inherit` found fit.
        task: The task being learned.
        source: An earlier task.

    Source: this library's own; docs/method.md, "Forward transfer".
    """
    shifts = state.hypernetwork.shifts
    held = shifts and (state.protection.freezes or not state.hypernetwork.shared)
    if held:
        pin(state, source)
    origins = _origins(state, task, source)
    # What is on of earlier tasks stays so, whatever happens to scores below.
    pinned: Any = state.memory.pinned
    pinned.assign(origins.on & origins.taken)
    if shifts:
        take_scores(state, task, source, origins, held)
    for variable, value in _new_values(state, task, source, origins):
        variable.assign(value)


def _new_values(
    state: LearnerState, task: int, source: int, origins: Origins
) -> Iterator[tuple[Any, np.ndarray]]:
    """Every variable of the target that changes, and what it becomes."""
    target, layout, memory = state.target, state.unit_layout, state.memory
    masks = state.mask_arrays(task)
    trainable, fixed = state.task_values(source)
    used = dict(zip(memory.indices, memory.used, strict=True))
    # What belongs to a task: its working copies may be written anywhere.
    owned = {id(variable) for variable, _ in state.bank.rows()}
    pairs = zip(target.trainable_variables, trainable, strict=True)
    for i, (variable, old) in enumerate(pairs):
        own = id(variable) in owned
        if i in state.bank.head_indices or not (own or i in used):
            continue
        spec = layout.units_of(i)
        if spec is not None:
            free = None if own else ops.convert_to_numpy(used[i].value) == 0
            value = ops.convert_to_numpy(variable.value)
            yield variable, copied(spec, value, old, masks[i], origins, free)
        elif own:
            yield variable, old
    for variable, old in zip(target.non_trainable_variables, fixed, strict=True):
        if id(variable) in owned:
            spec = layout.graph.units_of(variable)
            value = ops.convert_to_numpy(variable.value)
            yield (
                variable,
                old if spec is None else copied(spec, value, old, None, origins, None),
            )


def _origins(state: LearnerState, task: int, source: int) -> Origins:
    """Which unit of `source` each unit of `task` stands for.

    Units on in both stand for themselves; the strongest of the others are copied
    into the free units of `task`, in order.
    """
    now, before = state.units_on(task), state.units_on(source)
    taken = state.units_in_use()
    strength = np.abs(state.scores_of(source))
    origin = np.where(now & before, np.arange(now.size), NO_ORIGIN)
    for group in state.layout.group_slices:
        new = group.start + np.flatnonzero(now[group] & ~taken[group])
        old = group.start + np.flatnonzero(before[group] & ~now[group])
        old = old[np.argsort(-strength[old], kind="stable")]
        count = min(len(new), len(old))
        origin[new[:count]] = old[:count]
    return Origins(np.where(now, origin, NOT_THERE), taken)
