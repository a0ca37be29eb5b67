"""What new units would add to units of earlier tasks starts at zero."""

import numpy as np
from keras import ops

from hypermask_tf.tasks import LearnerState
from hypermask_tf.units import FIXED


def zero_unused_connections(state: LearnerState, task: int) -> None:
    """Sets what new units would add to units of earlier tasks to zero.

    A weight from a new unit to one of an earlier task is used by nobody and holds
    what chance put there: it would disturb what the new task is to read. From zero it
    learns what to add, if anything. The same goes for weights between units of two
    earlier tasks, which no task has used together.

    Args:
        state: Of a learner in which `task` has just begun; where scores alone say which
            units are on, nothing is done.
        task: The task being learned.
    """
    if not state.layout.counts.excludes_used:
        return
    memory, layout = state.memory, state.unit_layout
    foreign = state.units_on(task) & state.units_in_use()
    for used, index in zip(memory.used, memory.indices, strict=True):
        spec = layout.units_of(index)
        variable = state.target.trainable_variables[index]
        if spec is None or len(spec.out_axes) != 1 or len(variable.shape) < 2:
            continue
        outs = spec.out_units.ravel()
        into = (outs != FIXED) & foreign[outs]
        shape = [1] * len(variable.shape)
        shape[spec.out_axes[0]] = -1
        unused = ops.convert_to_numpy(used.value) == 0
        value = ops.convert_to_numpy(variable.value)
        variable.assign(np.where(unused & into.reshape(shape), 0, value))
