"""Where a learner stands in its stream of tasks."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

Tensor = Any


class Counters:
    """Counts of tasks and steps, variables of the learner they belong to.

    Args:
        add_weight: `add_weight` of that learner, which saves them in this order.

    Attributes:
        active: The task whose network is asked for.
        current: The task being learned; -1 before the first.
        finished: How many tasks are closed.
        first_steps: Steps of the first task.
        steps: Steps of the task being learned.
        written: Of how many tasks it is written down what is on.
    """

    def __init__(self, add_weight: Callable[..., Any]) -> None:
        def counter(name: str, value: int) -> Any:
            return add_weight(
                (),
                initializer=keras.initializers.Constant(value),
                # 64 bits on TensorFlow: it keeps 32-bit integers off the GPU.
                dtype="int",
                trainable=False,
                name=name,
            )

        self.active = counter("active_task", 0)
        self.current = counter("current_task", -1)
        self.finished = counter("finished_tasks", 0)
        self.first_steps = counter("first_task_steps", 0)
        self.steps = counter("task_steps", 0)
        self.written = counter("written_tasks", 0)


def int32(variable: Any) -> Tensor:
    """Value of a counter as an int32 tensor."""
    return ops.cast(variable.value, "int32")


def number(variable: Any) -> int:
    """Value of a counter on the host."""
    return int(ops.convert_to_numpy(variable.value))
