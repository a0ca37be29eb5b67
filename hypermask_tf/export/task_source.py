"""Where the tasks of an export come from."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from hypermask_tf.export.interface import Interface
from hypermask_tf.export.task_data import TaskData
from hypermask_tf.export.task_info import TaskInfo


@dataclasses.dataclass(frozen=True)
class TaskSource:
    """A task to export: its examples, and what its files say.

    Args:
        index: number of the task.
        data: gives its examples; called when they are needed, more than once.
        describe: gives what a device must know, from the baked model and its outputs
            on the test set.
        interface: names and types of inputs and outputs; `None` for one float32
            `image` and one output, `logits`.
        structure: nested examples, how a model without a graph takes its inputs.
    """

    index: int
    data: Callable[[], TaskData]
    describe: Callable[[Any], TaskInfo]
    interface: Interface | None = None
    structure: Any = None


def scenario_source(
    task: Any, data: Callable[[Any], TaskData], describe: Callable[..., TaskInfo]
) -> TaskSource:
    """Returns a task of a scenario as what is exported.

    Args:
        task: the task.
        data: gives the examples of a task.
        describe: gives what a device must know, from a task, the shape of its inputs
            and how many outputs there are.
    """

    def described(logits: np.ndarray) -> TaskInfo:
        return describe(task, data(task).test[0].shape[1:], logits.shape[-1])

    return TaskSource(task.index, lambda: data(task), described)
