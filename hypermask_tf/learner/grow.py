"""Widening a trained network by new units without changing any old task."""

from typing import Any

import numpy as np
from keras import ops

from hypermask_tf.compaction import rebuild
from hypermask_tf.distribution import replicas
from hypermask_tf.hypernetworks import MaskBank, MLPHypernetwork
from hypermask_tf.learner import copies
from hypermask_tf.learner.grow_places import places_of
from hypermask_tf.surgery.compare import REORDERED
from hypermask_tf.tasks import LearnerState
from hypermask_tf.units import UnitGraph


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
            unknown, a layer would shrink, or new units would count in old tasks though
            they are off.
    """
    state = model.state
    _check(state)
    with replicas.scope(model):
        target = rebuild(model.target, widths)
    maskable = [
        variable
        for variable, flag in zip(
            target.trainable_variables, state.roles.maskable, strict=True
        )
        if flag
    ]
    graph = UnitGraph(target, maskable)
    units = _unit_places(state.unit_layout.graph, graph)
    _check_unseen(graph, units)
    masks = model.masks.replace(
        sparsity=_same_counts(state, graph.group_sizes),
        # Old tasks keep the scale of their mask values.
        scale=list(state.layout.scales),
    )
    wider = copies.clone_learner(model, target=target, masks=masks)
    copies.assign_all(model, wider, places_of(state, wider.state, units))
    _close_latest(state, wider.state, units)
    if model.num_learned_tasks:  # else there is no network yet that is to stay
        copies.check_tasks(model, wider, "`grow`", REORDERED)
    copies.compile_like(wider, model)
    return wider


def _check(state: LearnerState) -> None:
    _ = state.unit_layout  # it says so where there is none
    if not isinstance(state.hypernetwork, MLPHypernetwork | MaskBank):
        raise ValueError(
            "`grow` needs a hypernetwork with a row per score: MLPHypernetwork or "
            f"MaskBank. Received: {type(state.hypernetwork).__name__}"
        )


def _check_unseen(graph: UnitGraph, units: np.ndarray) -> None:
    """Refuses new units where they count though they are off.

    In the statistics of a layer that couples its channels, in a mean or sum over them,
    in a layer without a rule, or behind weights that no mask cuts.
    """
    new = np.setdiff1d(np.arange(graph.num_units), units)
    for name, seen in graph.seen_by.items():
        if np.isin(new, seen).any():
            raise ValueError(
                "Old tasks would change: what is off still counts in a layer that "
                "couples its channels, sums over them, is frozen or is not known. "
                "Widen layers that it does not see. "
                f"Received: new units that layer {name!r} sees"
            )


def _same_counts(state: LearnerState, sizes: tuple[int, ...]) -> list[float]:
    """Sparsities of wider groups that leave as many units on as before."""
    old = state.layout
    sparsities, kept = list(old.counts.sparsities), old.counts.final()
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


def _close_latest(old: LearnerState, new: LearnerState, units: np.ndarray) -> None:
    """Closes the latest task in `new`, which has the values of `old`."""
    learned = old.num_learned_tasks
    if learned > old.num_finished_tasks:
        _close(old, new, learned - 1, units)
    new.counters.finished.assign(learned)
    new.counters.written.assign(learned)


def _close(old: LearnerState, new: LearnerState, task: int, units: np.ndarray) -> None:
    """Writes down in `new` what the latest task of `old` is made of."""
    mask = old.mask_of(task)
    memory = new.memory
    keep, held = np.zeros((2, new.layout.num_scores))
    keep[units] = ops.convert_to_numpy(mask.on)
    held[units] = ops.convert_to_numpy(mask.scores)
    new.bank.archive(task)
    memory.end(task, keep, held if new.protection.freezes else None)
    # Held from here on, so its mask is known to be off in the new units.
    new.counters.finished.assign(task + 1)
    new.counters.written.assign(task + 1)
    variables = new.target.trainable_variables
    values = memory.effective([variable.value for variable in variables])
    memory.mark_used(new.mask_of(task).masks)
    for i in memory.indices:
        variables[i].assign(values[i])
    memory.begin([variable.value for variable in variables], None)
