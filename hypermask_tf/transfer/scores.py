"""The scores a new task starts with: which units are on, and how strongly."""

from typing import Any

import numpy as np
from keras import ops

from hypermask_tf.transfer.copying import Origins


def scores_of(model: Any, task: int) -> np.ndarray:
    """Scores of `task`, float32 `(scores,)`: as kept where they are held."""
    scores = model._task_masks.scores(
        ops.convert_to_tensor(task, dtype="int32"),
        ops.convert_to_tensor(model.num_finished_tasks, dtype="int32"),
    )
    return ops.convert_to_numpy(scores)


def taken_units(model: Any) -> np.ndarray:
    """What some finished task uses; bool `(scores,)`."""
    return ops.convert_to_numpy(model._memory.taken(model.num_finished_tasks))


def strengthen(model: Any, task: int) -> None:
    """Gives the free units of a new task the mask values it would have chosen.

    Free units are those no earlier task wanted, so their scores are small, and the
    smaller the fuller the network: small mask values, which learn slowly. The
    strongest of them gets the largest score of its group, and so on in order.

    Args:
        model: A `HyperMask` in which `task` has just begun; without unit masks, or
            with `reuse=1`, nothing is to be done.
        task: The task being learned.
    """
    if not (model._layout.quota.minds_taken and model.hypernetwork.shifts):
        return
    own, now = model.units_on(task) & ~taken_units(model), scores_of(model, task)
    target = now.copy()
    for group in model._layout.group_slices:
        strength = np.abs(now[group])
        chosen = np.flatnonzero(own[group])
        chosen = chosen[np.argsort(-strength[chosen], kind="stable")]
        wanted = np.sort(strength)[::-1][: len(chosen)]
        places = group.start + chosen
        target[places] = np.copysign(np.maximum(strength[chosen], wanted), now[places])
    _shift(model, target - now)


def pin(model: Any, source: int) -> None:
    """Keeps the strongest units of `source`, as many as may be shared, in each group.

    Args:
        model: A `HyperMask` in which a task has just begun.
        source: The task it inherits from.
    """
    quota = model._layout.quota
    before = model.units_on(source)
    strength = np.where(before, np.abs(scores_of(model, source)), -1)
    counts = ops.convert_to_numpy(quota.counts())
    own_counts, groups = quota.own_counts(), model._layout.group_slices
    if quota.threshold == "network":
        total = int(counts.sum())
        counts, own_counts = np.array([total]), [quota.own_count()]
        groups = [slice(0, before.size)]
    pinned = np.zeros(before.size)
    for group, count, own in zip(groups, counts.tolist(), own_counts, strict=True):
        order = group.start + np.argsort(-strength[group], kind="stable")
        pinned[order[: min(count - own, int(before[group].sum()))]] = 1
    model._memory.pinned.assign(pinned)


def take_scores(
    model: Any, task: int, source: int, origins: Origins, held: bool
) -> None:
    """Gives the units of `task` the scores of those they stand for, where it may.

    Else a copy under a small mask value would need large weights, which learn slowly.

    Args:
        model: A `HyperMask` in which `task` has just begun.
        task: The task being learned.
        source: The task it inherits from.
        origins: Where its units come from.
        held: Whether scores of earlier tasks stay as they were whatever happens here;
            else those of units that earlier tasks use are left alone.
    """
    now, wanted = scores_of(model, task), scores_of(model, source)
    taken, target = origins.taken, now.copy()
    for group in model._layout.group_slices:
        # A copy stays above what is off and free, so that the same units stay on.
        off = np.abs(now[group][~origins.on[group] & ~taken[group]])
        least = 1.01 * off.max(initial=0.0)
        may = (origins.units[group] >= 0) & (held | ~taken[group])
        known = group.start + np.flatnonzero(may)
        given = wanted[origins.units[known]]
        strength = np.maximum(np.abs(given), np.where(taken[known], 0.0, least))
        target[known] = np.copysign(strength, given)
    _shift(model, target - now)


def _shift(model: Any, shift: np.ndarray) -> None:
    model.hypernetwork.shift_scores(shift)
    if model._drifts:  # what is to be held is what the scores are now
        model._memory.scores.assign(model._task_masks.all_scores())
