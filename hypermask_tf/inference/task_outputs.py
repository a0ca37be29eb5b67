"""What all tasks' networks say about a batch."""

from collections.abc import Sequence
from typing import Any, NamedTuple

Tensor = Any


class TaskOutputs(NamedTuple):
    """Outputs of all tasks' networks on one batch of n inputs.

    Tensors of the backend, or arrays; within `TaskInference` symbolic ones, too.

    Attributes:
        logits: `(n, tasks, classes)`; where a task has fewer classes, the surplus is
            a large negative number.
        features: One tensor `(n, width of the task)` per task: the input of its last
            layer.
        shared: `(n, dims)`: features of the input that are the same for all tasks.
    """

    logits: Tensor
    features: tuple[Tensor, ...]
    shared: Tensor

    @classmethod
    def from_list(cls, values: Sequence[Tensor]) -> "TaskOutputs":
        """From logits, shared features, and each task's features, in this order."""
        return cls(values[0], tuple(values[2:]), values[1])

    def first(self, count: int) -> "TaskOutputs":
        """The outputs on the first `count` inputs."""
        return TaskOutputs(
            self.logits[:count],
            tuple(part[:count] for part in self.features),
            self.shared[:count],
        )
