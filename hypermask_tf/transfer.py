"""Forward transfer: a new task starts from a copy of an earlier task's network.

With unit masks and protection by use a new task may not change what earlier tasks
stand on, so it cannot fine-tune it in place. But its own units are free: here they
receive the weights of an earlier task's units, and the new task fine-tunes the copy.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf import checks
from hypermask_tf.units import FIXED, VariableUnits


def check_inherit(model: Any, task: int, source: int | None) -> None:
    """Raises a ValueError if `task` cannot start from a copy of task `source`."""
    if source is None:
        return
    source = checks.check_task(source, model.num_tasks)
    if source >= task:
        raise ValueError(
            f"`inherit` must name a task before task {task}. Received: inherit={source}"
        )
    if model.granularity != "unit" or model.protection not in ("used", "hard"):
        raise ValueError(
            '`inherit` needs `granularity="unit"` and `protection` "used" or "hard": '
            "it copies into units that no earlier task uses. Received: granularity="
            f"{model.granularity!r}, protection={model.protection!r}"
        )
    if model.normalization != "per_task" and any(model._roles.normalization):
        raise ValueError(
            "`inherit` copies the normalisation of a task, so it must not be shared: "
            'use `normalization="per_task"`. '
            f"Received: normalization={model.normalization!r}"
        )
    for i, variable in enumerate(model.target.trainable_variables):
        spec = model._layout.units_of(i)
        if spec is not None and not _simple(spec):
            raise ValueError(
                "`inherit` cannot copy units of grouped convolutions, of depthwise "
                "ones with several channels per input, or of layers whose calls read "
                f"different units. Received: {variable.path}"
            )


def _simple(spec: VariableUnits) -> bool:
    """Whether a unit's weights stand at one place of each axis."""
    return (
        not spec.pair_axes
        and len(spec.out_axes) == 1
        and (spec.in_axis is None or spec.in_axis != spec.out_axes[0])
        and all(np.array_equal(units, spec.in_units[0]) for units in spec.in_units)
    )


def inherit(model: Any, task: int, source: int) -> None:
    """Copies the network of task `source` into the free units of `task`.

    In every group the strongest units of `source`, as many as `reuse` allows, stay
    themselves in the network of `task`; the others are copied into units that no
    task used before. Weights are set so that, as far as free units reach, the masked
    network of `task` computes what that of `source` does, and all weights that touch
    a copy can learn. Nothing an earlier task uses is written to.

    Units can be shared only where their scores can be given to the new task without
    changing an old one: with `protection="hard"` and an `MLPHypernetwork`, or with a
    `MaskBank`. Else no unit is shared on purpose.

    Args:
        model: A `HyperMask` in which `task` has just begun.
        task: The task being learned.
        source: An earlier task.
    """
    held = model.hypernetwork.shifts and (
        model.protection == "hard" or not model.hypernetwork.shared
    )
    if held:
        _pin(model, source)
    origin = _origins(model, task, source)
    # What is on of earlier tasks stays so, whatever happens to scores below.
    taken = ops.convert_to_numpy(model._memory.taken(model.num_finished_tasks))
    model._memory.pinned.assign(((origin >= -1) & taken).astype("uint8"))
    if model.hypernetwork.shifts:
        _take_scores(model, task, source, origin, held)
    masks = model.mask_arrays(task)
    trainable, fixed = model.task_values(source)
    layout, memory = model._layout, model._memory
    used = dict(zip(memory.indices, memory.used, strict=True))
    heads = set(model._bank.head_indices)
    # What belongs to a task: its working copies may be written anywhere.
    owned = {id(variable) for variable, _ in model._bank.rows()}
    for i, variable in enumerate(model.target.trainable_variables):
        spec = layout.units_of(i)
        own = id(variable) in owned
        if i in heads or not (own or i in used):
            continue
        if spec is None:
            if own:
                variable.assign(trainable[i])
            continue
        free = (
            np.ones(variable.shape, bool)
            if own
            else ops.convert_to_numpy(used[i].value) == 0
        )
        value = ops.convert_to_numpy(variable.value)
        variable.assign(
            _copied(spec, value, trainable[i], masks[i], origin, taken, free, own)
        )
    for variable, old in zip(model.target.non_trainable_variables, fixed, strict=True):
        if id(variable) not in owned:
            continue
        spec = layout.graph.units_of(variable)
        if spec is None:
            variable.assign(old)
            continue
        value = ops.convert_to_numpy(variable.value)
        everywhere = np.ones(value.shape, bool)
        variable.assign(
            _copied(spec, value, old, None, origin, taken, everywhere, True)
        )


def _pin(model: Any, source: int) -> None:
    """Keeps the strongest units of `source`, as many as may be shared."""
    selection = model._layout.selection
    before = model.units_on(source)
    strength = np.where(before, _strength(model, source), -1)
    counts = ops.convert_to_numpy(selection.counts())
    own_counts, sizes = selection.own_counts(), selection.sizes
    if selection.threshold == "network":
        total = int(counts.sum())
        own = math.ceil(round((1 - selection.reuse[0]) * total, 9))
        counts, own_counts, sizes = np.array([total]), [own], (before.size,)
    pinned = np.zeros(before.size)
    start = 0
    for size, count, own in zip(sizes, counts.tolist(), own_counts, strict=True):
        order = start + np.argsort(-strength[start : start + size], kind="stable")
        shared = min(count - own, int(before[start : start + size].sum()))
        pinned[order[:shared]] = 1
        start += size
    model._memory.pinned.assign(pinned)


def strengthen(model: Any, task: int) -> None:
    """Gives the free units of a new task the mask values it would have chosen.

    Free units are those no earlier task wanted, so their scores are small, and the
    smaller the fuller the network: small mask values, which learn slowly. The
    strongest of them gets the largest score of its group, and so on in order.

    Args:
        model: A `HyperMask` with unit masks in which `task` has just begun.
        task: The task being learned.
    """
    if not (model._layout.selection.minds_taken and model.hypernetwork.shifts):
        return
    taken = ops.convert_to_numpy(model._memory.taken(model.num_finished_tasks))
    own, now = model.units_on(task) & ~taken, _scores(model, task)
    target = now.copy()
    start = 0
    for size in model._layout.group_sizes:
        strength = np.abs(now[start : start + size])
        chosen = np.flatnonzero(own[start : start + size])
        chosen = chosen[np.argsort(-strength[chosen], kind="stable")]
        wanted = np.sort(strength)[::-1][: len(chosen)]
        places = start + chosen
        target[places] = np.copysign(np.maximum(strength[chosen], wanted), now[places])
        start += size
    _shift(model, target - now)


def _shift(model: Any, shift: np.ndarray) -> None:
    model.hypernetwork.shift_scores(shift)
    if model._drifts:  # what is to be held is what the scores are now
        model._memory.scores.assign(model._task_masks.all_scores())


def _take_scores(
    model: Any, task: int, source: int, origin: np.ndarray, held: bool
) -> None:
    """Gives the units of `task` the scores of those they stand for, where it may.

    Else a copy under a small mask value would need large weights, which learn slowly.
    Scores of units that earlier tasks use may only change where those are held.
    """
    taken = ops.convert_to_numpy(model._memory.taken(model.num_finished_tasks))
    now, wanted = _scores(model, task), _scores(model, source)
    on = origin >= -1
    target = now.copy()
    start = 0
    for size in model._layout.group_sizes:
        group = np.arange(start, start + size)
        # A copy stays above what is off and free, so that the same units stay on.
        off = np.abs(now[group][~on[group] & ~taken[group]])
        least = 1.01 * off.max(initial=0.0)
        known = group[(origin[group] >= 0) & (held | ~taken[group])]
        given = wanted[origin[known]]
        size_given = np.maximum(np.abs(given), np.where(taken[known], 0.0, least))
        target[known] = np.copysign(size_given, given)
        start += size
    _shift(model, target - now)


def _scores(model: Any, task: int) -> np.ndarray:
    scores = model._task_masks.scores(
        ops.convert_to_tensor(task, dtype="int32"),
        ops.convert_to_tensor(model.num_finished_tasks, dtype="int32"),
    )
    return ops.convert_to_numpy(scores)


def _strength(model: Any, task: int) -> np.ndarray:
    """Magnitudes of the scores of `task`."""
    return np.abs(_scores(model, task))


def _origins(model: Any, task: int, source: int) -> np.ndarray:
    """For every unit of `task` the unit of `source` it stands for; -1 for none."""
    layout = model._layout
    now, before = model.units_on(task), model.units_on(source)
    taken = ops.convert_to_numpy(model._memory.taken(model.num_finished_tasks))
    strength = _strength(model, source)
    origin = np.where(now & before, np.arange(now.size), -1)
    start = 0
    for size in layout.group_sizes:
        group = slice(start, start + size)
        new = start + np.flatnonzero(now[group] & ~taken[group])
        old = start + np.flatnonzero(before[group] & ~now[group])
        old = old[np.argsort(-strength[old], kind="stable")]
        count = min(len(new), len(old))
        origin[new[:count]] = old[:count]
        start += size
    # Off units of `task` have no part in it; -2 tells them from "on, but no origin".
    return np.where(now, origin, -2)


def _copied(
    spec: VariableUnits,
    value: np.ndarray,
    old: np.ndarray,
    mask: np.ndarray | None,
    origin: np.ndarray,
    taken: np.ndarray,
    free: np.ndarray,
    own: bool,
) -> np.ndarray:
    """`value` with the weights of the origins where they may be written.

    Args:
        spec: Units along the axes.
        value: The shared weights now.
        old: The masked weights of the source.
        mask: Mask of the new task, by which `old` has to be divided.
        origin: From `_origins`.
        taken: Which units some earlier task uses.
        free: Where this variable may be written.
        own: Whether all of it belongs to the task alone.
    """
    order = [a for a in range(value.ndim) if a not in spec.out_axes]
    order += list(spec.out_axes)
    flat = (*[value.shape[a] for a in order[: -len(spec.out_axes)]], -1)

    def view(array: np.ndarray) -> np.ndarray:
        return np.transpose(array, order).reshape(flat)

    outs = spec.out_units.ravel()
    out_place, out_state = _places(outs, origin, taken)
    ins, in_axis = np.array([FIXED]), None
    axis = spec.in_axis
    if axis is not None and axis not in spec.out_axes and spec.in_units:
        ins, in_axis = spec.in_units[0], order.index(axis)
    in_place, in_state = _places(ins, origin, taken)
    source = np.take(view(old), out_place, axis=-1)
    if in_axis is not None:
        source = np.take(source, in_place, axis=in_axis)
        shape = [1] * len(flat)
        shape[in_axis] = -1
        in_state = in_state.reshape(shape)
    known = (in_state >= _SAME) & (out_state >= _SAME)
    new = (in_state == _COPY) | (out_state == _COPY) | (out_state == _FRESH) | own
    # A unit that nothing stands for must not disturb those that have an origin.
    foreign = (in_state == _FRESH) | (in_state == _FOREIGN) | (in_state == _COPY)
    quiet = ~known & foreign & ((out_state >= _SAME) | (out_state == _FOREIGN))
    scale = view(np.ones(value.shape) if mask is None else mask)
    may = view(free) & (scale != 0)
    result = view(value).copy()
    result = np.where(
        may & known & new, source / np.where(scale == 0, 1, scale), result
    )
    result = np.where(may & quiet & (in_state != _OFF), 0, result)
    shaped = result.reshape([value.shape[a] for a in order])
    return np.transpose(shaped, np.argsort(order)).astype(value.dtype)


# What a position of an axis is to the new task.
_OFF, _FRESH, _FOREIGN, _SAME, _COPY = range(5)


def _places(
    units: np.ndarray, origin: np.ndarray, taken: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
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
        stands_for = int(origin[unit])
        if stands_for < 0:
            state = _OFF if stands_for == -2 else _FOREIGN if taken[unit] else _FRESH
            states[mine] = state
            continue
        theirs = positions.get(stands_for, [])
        if len(theirs) == len(mine):
            places[mine] = theirs
            states[mine] = _SAME if stands_for == unit else _COPY
        else:
            states[mine] = _FRESH
    return places, states


def nearest_task(
    model: Any, x: np.ndarray, y: np.ndarray, samples: int = 1000, seed: int = 0
) -> int:
    """The finished or current task whose features suit new data best.

    Each learned task's network, without its head, turns samples into features (its
    logits, where the head lies within a nested model); a ridge classifier is fitted
    on half of them and scored on the other half.

    Args:
        model: A `HyperMask` that has learned at least one task.
        x, y: Training data of the new task.
        samples: Samples to use.
        seed: Seed of their choice.

    Returns:
        The index of the best task; the latest among equals.

    Raises:
        ValueError: If no task has been learned.
    """
    from sklearn.linear_model import RidgeClassifier

    if not model.num_learned_tasks:
        raise ValueError("No task has been learned yet: there is nothing to inherit.")
    rows = np.random.default_rng(seed).permutation(len(x))[:samples]
    half = len(rows) // 2
    scores = []
    for task in range(model.num_learned_tasks):
        features = _features(model, task)(x[rows], training=False)
        features = ops.convert_to_numpy(features).reshape(len(rows), -1)
        classifier = RidgeClassifier().fit(features[:half], y[rows[:half]])
        scores.append(classifier.score(features[half:], y[rows[half:]]))
    return len(scores) - 1 - int(np.argmax(scores[::-1]))


def _features(model: Any, task: int) -> keras.Model:
    """The network of `task` up to the input of its head."""
    baked = model.bake(task)
    index = model._roles.head.index(True)
    head = baked.trainable_variables[index]
    inputs = baked.inputs if len(baked.inputs) > 1 else baked.inputs[0]
    for layer in baked.layers:
        if any(variable is head for variable in layer.variables):
            # Within a nested model the head has no tensor here: its logits must do.
            nested = isinstance(layer, keras.Model)
            return keras.Model(inputs, baked.outputs[0] if nested else layer.input)
    return keras.Model(inputs, baked.outputs[0])
