"""What comes before the first step of a task."""

from typing import Any

import numpy as np

from hypermask_tf.learner.head_size import smaller_head
from hypermask_tf.scenarios.seeding import derived_seed
from hypermask_tf.training.first_weights import FirstWeights
from hypermask_tf.training.grow_when_full import grow_when_full
from hypermask_tf.training.parents import choose_parent
from hypermask_tf.training.sequence_options import SequenceOptions


def prepare_task(
    model: Any,
    options: SequenceOptions,
    first: FirstWeights | None,
    task: int,
    x: np.ndarray,
    y: np.ndarray,
    num_classes: int,
) -> tuple[Any, int | None, int | None]:
    """Makes room, chooses what to start from, or goes back to the first weights.

    Args:
        model: The learner, with the task before `task` learned.
        options: What the sequence asks for.
        first: The weights to begin every task with; None to go on from what is there.
        task: The next task.
        x: Its training samples, `(n, ...)`.
        y: Their labels, `(n,)`.
        num_classes: Number of its classes.

    Returns:
        The learner, perhaps another one, the task to inherit from, and the size of
        the task's head where it is to have fewer outputs than the target's.
    """
    if options.grow and task > 0:
        seed = derived_seed(options.seed, task)
        model = grow_when_full(model, options.grow, seed)
    parent = choose_parent(options.inherit, model, task, x, y)
    outputs = smaller_head(model, num_classes)
    if first is not None and task > 0:
        # Begun before the weights go back: what has ended is written down first.
        model.begin_task(task, num_classes=outputs)
        first.restore(model.target)
    return model, parent, outputs
