"""The scores a new task starts with: which units are on, and how strongly."""

from typing import Any

import numpy as np

from hypermask_tf.tasks import LearnerState
from hypermask_tf.transfer.copying import Origins


def raise_scores(state: LearnerState, task: int) -> None:
    """Gives the free units of a new task the mask values it would have chosen.

    Free units are those no earlier task wanted, so their scores are small, and the
    smaller the fuller the network: small mask values, which learn slowly. The
    strongest of them gets the largest score of its group, and so on in order.

    Args:
        state: Of a learner in which `task` has just begun; where scores alone say which
            units are on, nothing is to be done.
        task: The task being learned.
    """
    if not (state.layout.counts.excludes_used and state.hypernetwork.shifts):
        return
    own, now = state.units_on(task) & ~state.units_in_use(), state.scores_of(task)
    target = now.copy()
    for group in state.layout.group_slices:
        strength = np.abs(now[group])
        chosen = np.flatnonzero(own[group])
        chosen = chosen[np.argsort(-strength[chosen], kind="stable")]
        wanted = np.sort(strength)[::-1][: len(chosen)]
        places = group.start + chosen
        target[places] = np.copysign(np.maximum(strength[chosen], wanted), now[places])
    _shift(state, target - now)


def pin(state: LearnerState, source: int) -> None:
    """Keeps the strongest units of `source`, as many as may be shared, in each group.

    Args:
        state: Of a learner in which a task has just begun.
        source: The task it inherits from.
    """
    counts = state.layout.counts
    before = state.units_on(source)
    strength = np.where(before, np.abs(state.scores_of(source)), -1)
    pinned = np.zeros(before.size)
    for group, count, own in zip(
        state.layout.group_slices, counts.final(), counts.free(), strict=True
    ):
        order = group.start + np.argsort(-strength[group], kind="stable")
        pinned[order[: min(count - own, int(before[group].sum()))]] = 1
    pinned_units: Any = state.memory.pinned
    pinned_units.assign(pinned)


def take_scores(
    state: LearnerState, task: int, source: int, origins: Origins, held: bool
) -> None:
    """Gives the units of `task` the scores of those they stand for, where it may.

    Else a copy under a small mask value would need large weights, which learn slowly.

    Args:
        state: Of a learner in which `task` has just begun.
        task: The task being learned.
        source: The task it inherits from.
        origins: Where its units come from.
        held: Whether scores of earlier tasks stay as they were whatever happens here;
            else those of units that earlier tasks use are left alone.
    """
    now, wanted = state.scores_of(task), state.scores_of(source)
    taken, target = origins.taken, now.copy()
    for group in state.layout.group_slices:
        # A copy stays above what is off and free, so that the same units stay on.
        off = np.abs(now[group][~origins.on[group] & ~taken[group]])
        least = 1.01 * off.max(initial=0.0)
        may = (origins.units[group] >= 0) & (held | ~taken[group])
        known = group.start + np.flatnonzero(may)
        given = wanted[origins.units[known]]
        strength = np.maximum(np.abs(given), np.where(taken[known], 0.0, least))
        target[known] = np.copysign(strength, given)
    _shift(state, target - now)


def _shift(state: LearnerState, shift: np.ndarray) -> None:
    state.hypernetwork.shift_scores(shift)
    if state.drifts:  # what is to be held is what the scores are now
        kept: Any = state.memory.scores
        kept.assign(state.task_masks.all_scores())
