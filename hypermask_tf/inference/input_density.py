"""The task under which the input itself is likeliest."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from hypermask_tf.inference import class_gaussian
from hypermask_tf.inference.task_inference import Arrays, TaskInference
from hypermask_tf.inference.task_networks import NOT_A_CLASS, TaskNetworks
from hypermask_tf.inference.task_outputs import TaskOutputs

Tensor = Any


class InputDensity(TaskInference):
    """Compares densities of the input, one shrunk Gaussian per class of every task.

    All Gaussians live in the same space, `networks.shared`: fixed random features of
    the input. So densities of different tasks can be compared, which those of features
    of the tasks' own networks cannot. With a mean and covariance per class it
    is a quadratic discriminant over all classes; evidence for a task is the log of
    the summed densities of its classes.

    Args:
        networks: All learned tasks' networks.
        shrinkage: Share s of the covariance that is mean(variance)·I, 0 to 1.
        mode: `"task"`: the class is that of the chosen task's network; `"class"`: the
            class of the highest density.

    Raises:
        ValueError: If `shrinkage` or `mode` is out of range, or a class of the task
            has no sample.

    Example:

    ```python
    method = hm.inference.InputDensity(hm.inference.TaskNetworks(model))
    method.fit(0, *task.train, validation_data=task.validation)
    prediction = method.predict(x)
    ```

    Source: this library's own; quadratic discriminant analysis with regularised
    covariances after Friedman 1989, "Regularized discriminant analysis".
    """

    name = "density"
    needs_fit = True

    def __init__(
        self, networks: TaskNetworks, shrinkage: float = 0.01, mode: str = "task"
    ) -> None:
        if not 0.0 <= shrinkage <= 1.0:
            raise ValueError(
                "Expected `shrinkage` to be a share from 0 to 1. "
                f"Received: shrinkage={shrinkage}"
            )
        check_mode(mode)
        super().__init__(networks)
        self.shrinkage, self.mode = float(shrinkage), mode

    def evidence_of(self, outputs: TaskOutputs) -> Tensor:
        return ops.logsumexp(self._log_densities(outputs), axis=-1)

    def label_scores(self, outputs: TaskOutputs) -> Tensor:
        if self.mode == "class":
            return self._log_densities(outputs)
        return outputs.logits

    def _log_densities(self, outputs: TaskOutputs) -> Tensor:
        """`(n, tasks, classes)`, a task without that class far below."""
        known = [self.statistics[task] for task in sorted(self.statistics)]
        known = known[: self.networks.num_tasks]
        packed = {
            (task, label): statistics[f"class_{label}"]
            for task, statistics in enumerate(known)
            for label in range(_count(statistics))
        }
        matrix, offset, constant = class_gaussian.stacked(
            [self.derived(k, v, class_gaussian.whitening) for k, v in packed.items()]
        )
        dims = outputs.shared.shape[-1]
        whitened = ops.matmul(outputs.shared, matrix) - offset
        whitened = ops.reshape(whitened, (-1, len(packed), dims))
        # The array last: it cannot be the left side of a symbolic tensor.
        scores = -0.5 * ops.sum(ops.square(whitened), axis=-1) + constant
        return by_task(scores, [_count(s) for s in known])

    def fit_task(self, task: int, x: np.ndarray, y: np.ndarray) -> Arrays:
        _, shared = self.networks.task_features(task, x)
        return {
            f"class_{label}": class_gaussian.fit(rows, self.shrinkage)
            for label, rows in enumerate(
                by_class(shared, y, self.networks.classes[task], task)
            )
        }

    def get_config(self) -> dict[str, Any]:
        return {"shrinkage": self.shrinkage, "mode": self.mode}


def check_mode(mode: str) -> None:
    """Raises a ValueError unless it is "class" or "task"."""
    if mode not in ("class", "task"):
        raise ValueError(
            f'Expected `mode` to be "class" or "task". Received: mode={mode!r}'
        )


def by_class(
    features: np.ndarray, y: np.ndarray, classes: int, task: int
) -> list[np.ndarray]:
    """Rows of each class.

    Raises:
        ValueError: If a class has none.
    """
    rows = [features[np.asarray(y) == label] for label in range(classes)]
    empty = [label for label, part in enumerate(rows) if not len(part)]
    if empty:
        raise ValueError(
            f"Expected samples of all {classes} classes of task {task}. Received: none "
            f"of {empty}. If the task has fewer classes than its head has outputs, "
            "say so: TaskNetworks(model, classes=[…])."
        )
    return rows


def by_task(scores: Tensor, counts: Sequence[int]) -> Tensor:
    """From `(n, all classes)` to `(n, tasks, most classes)`, filled up from below."""
    widest, parts, start = max(counts), [], 0
    for count in counts:
        part = scores[:, start : start + count]
        start += count
        fill = [(0, 0), (0, widest - count)]
        parts.append(ops.pad(part, fill, constant_values=NOT_A_CLASS))
    return ops.stack(parts, axis=1)


def _count(statistics: Arrays) -> int:
    return sum(name.startswith("class_") for name in statistics)
