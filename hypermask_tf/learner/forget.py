"""A finished task is removed: what it alone used is as it was first drawn."""

from typing import Any

import numpy as np
from keras import ops

from hypermask_tf.compaction import rebuild
from hypermask_tf.distribution import replicas
from hypermask_tf.scenarios.seeding import seeded
from hypermask_tf.surgery.clone import clone_part
from hypermask_tf.surgery.state import array_copy
from hypermask_tf.tasks import LearnerState


def check(state: LearnerState) -> None:
    """Raises a ValueError if tasks of this learner cannot be removed exactly."""
    if not state.forgets_exactly:
        raise ValueError(
            "`forget` needs `UnitMasks()` and `Freeze()`, or a `base`: what a task "
            "uses is known then, and no other task changes. "
            f"Received: masks={state.masks!r}, protection={state.protection!r}"
        )


def forget(model: Any, task: int) -> None:
    """Removes a task of a learner in which no task is open.

    Args:
        model: The learner.
        task: The task.
    """
    state: LearnerState = model.state
    with replicas.scope(model), seeded(model.hypernetwork.seed):
        target = rebuild(state.target, {})
        hypernetwork: Any = clone_part(model.hypernetwork)
        hypernetwork.create(state.num_tasks, state.layout.num_scores)
    nothing = np.zeros(state.layout.num_scores)
    state.memory.end(task, nothing, nothing)
    _free_weights(state, target)
    state.bank.forget(task, state.tasks[-1] if state.tasks else None, target)
    # Tasks that are there are held by their scores: nothing needs what emitted them.
    for variable, first in zip(
        model.hypernetwork.weights, hypernetwork.weights, strict=True
    ):
        variable.assign(array_copy(first))
    state.counters.active.assign(state.tasks[-1] if state.tasks else 0)
    state.counters.steps.assign(0)
    state.names.forget(task)
    model.optimizer_reset.forget()
    model.reset_metrics()


def _free_weights(state: LearnerState, target: Any) -> None:
    """Gives weights that no task uses the values of `target`, and marks the others."""
    memory = state.memory
    memory.unmark()
    for task in state.tasks:
        memory.mark_used(state.mask_of(task).masks)
    variables = state.target.trainable_variables
    for used, index in zip(memory.used, memory.indices, strict=True):
        value = array_copy(variables[index])
        first = array_copy(target.trainable_variables[index])
        variables[index].assign(np.where(ops.convert_to_numpy(used) > 0, value, first))
    memory.begin([variable.value for variable in variables], None)
