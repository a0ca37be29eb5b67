"""Where the tasks of an export come from."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from hypermask_tf.export.interface import INPUT_NAME, Interface, Port
from hypermask_tf.export.task_data import TaskData, number_name
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
        number: scale of the number that its network predicts; `None` for what is in
            the unit of the data already.
    """

    index: int
    data: Callable[[], TaskData]
    describe: Callable[[Any], TaskInfo]
    interface: Interface | None = None
    structure: Any = None
    number: Any = None


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
    ports = None
    if task.number is not None:
        shape = tuple(data(task).test[0].shape[1:])
        output = Port(number_name(task), (1,))
        ports = Interface((Port(INPUT_NAME, shape),), (output,))

    def described(logits: np.ndarray) -> TaskInfo:
        shape = data(task).test[0].shape[1:]
        info = describe(task, shape, logits.shape[-1])
        return dataclasses.replace(info, interface=ports)

    return TaskSource(
        task.index, lambda: data(task), described, ports, number=task.number
    )
