"""Continual-learning metrics, all from one matrix of accuracies or errors."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hypermask_tf.training.measure import ACCURACY, Measure, of_results

Matrix = npt.NDArray[np.float64]


class AccuracyMatrix:
    """Test accuracies `R[i, j]` on task `j` after learning task `i`.

    Metrics are those of the tasks finished so far: with `k` tasks learned, each of
    them tested after the last, they are what a run of `k` tasks would report.
    A metric is `None` where a number that it needs was not measured.

    Forgotten tasks are left out of all of them. Of another measure than accuracy, a
    transfer that is positive and a forgetting that is negative are still good.

    * `average_accuracy`: mean of `R[k-1, j]` over the `k` tasks.
    * `backward_transfer`: mean of `R[k-1, j] - R[j, j]` over `j < k-1`.
    * `forward_transfer`: mean of `R[j-1, j] - b[j]` over `1 <= j < k`, where `b` is
      the accuracy before any training.
    * `forgetting`: mean of `max_{i < k-1} R[i, j] - R[k-1, j]` over `j < k-1`.

    Args:
        num_tasks: Number of tasks.
        initial: Accuracy of the untrained model on each task, `None` or NaN where
            it was not measured. Defaults to not measured.
        measure: What is in the matrix. Defaults to accuracy.

    Attributes:
        num_tasks: Number of rows and columns.
        num_finished: Number `k` of tasks that the metrics speak of.
        matrix: Copy of the matrix, NaN where not measured.
        initial: Copy of the accuracies before training, NaN where not measured.
        forgotten: Indices of tasks that were removed.

    Raises:
        ValueError: If a size, an index or an accuracy is out of its range.

    Example:

    >>> from hypermask_tf.training.accuracy_matrix import AccuracyMatrix
    >>> accuracies = AccuracyMatrix(num_tasks=2)
    >>> accuracies.record(after=0, task=0, accuracy=1.0)
    >>> accuracies.record(after=1, task=0, accuracy=0.75)
    >>> accuracies.record(after=1, task=1, accuracy=0.5)
    >>> accuracies.average_accuracy, accuracies.backward_transfer
    (0.625, -0.25)

    Source: average accuracy and transfer after
    [Lopez-Paz and Ranzato, 2017](https://arxiv.org/abs/1706.08840); forgetting after
    [Chaudhry et al., 2018](https://arxiv.org/abs/1801.10112).
    """

    def __init__(
        self,
        num_tasks: int,
        initial: Sequence[float | None] | None = None,
        measure: Measure = ACCURACY,
    ) -> None:
        if num_tasks < 1:
            raise ValueError(
                "Expected at least one task. Received: "
                f"num_tasks={num_tasks}. Give the number of planned tasks."
            )
        self.measure = measure
        self._matrix: Matrix = np.full((num_tasks, num_tasks), np.nan)
        self._initial: Matrix = np.full(num_tasks, np.nan)
        self.forgotten: frozenset[int] = frozenset()
        if initial is None:
            return
        if len(initial) != num_tasks:
            raise ValueError(
                f"Expected one initial accuracy for each of {num_tasks} tasks. "
                f"Received: initial={list(initial)}. Use None for those not measured."
            )
        for task, accuracy in enumerate(initial):
            if accuracy is not None and not np.isnan(accuracy):
                self.record_initial(task, accuracy)

    @property
    def num_tasks(self) -> int:
        return len(self._matrix)

    @property
    def matrix(self) -> Matrix:
        return self._matrix.copy()

    @property
    def initial(self) -> Matrix:
        return self._initial.copy()

    @property
    def num_finished(self) -> int:
        for after in reversed(range(self.num_tasks)):
            there = self._there(after + 1)
            if there.size and not np.isnan(self._matrix[after, there]).any():
                return after + 1
        return 0

    def record(self, after: int, task: int, accuracy: float) -> None:
        """Notes the accuracy on `task`, a fraction, after learning task `after`."""
        self._check_index("after", after)
        self._check_index("task", task)
        self._matrix[after, task] = self._checked(accuracy)

    def record_initial(self, task: int, accuracy: float) -> None:
        """Notes the accuracy of the untrained model on `task`."""
        self._check_index("task", task)
        self._initial[task] = self._checked(accuracy)

    def grow(self, num_tasks: int) -> None:
        """Makes room for more tasks; what was recorded stays."""
        extra = num_tasks - self.num_tasks
        if extra < 0:
            raise ValueError(
                f"Expected `num_tasks` to be {self.num_tasks} or more. Received: "
                f"num_tasks={num_tasks}. A matrix cannot forget tasks."
            )
        self._matrix = np.pad(self._matrix, (0, extra), constant_values=np.nan)
        self._initial = np.pad(self._initial, (0, extra), constant_values=np.nan)

    def forget(self, task: int) -> None:
        """Removes all that was measured on a task, and right after it was learned."""
        self._check_index("task", task)
        self._matrix[:, task] = np.nan
        self._matrix[task] = np.nan
        self._initial[task] = np.nan
        self.forgotten |= {task}

    @property
    def tasks(self) -> list[int]:
        """Indices of the tasks that were not forgotten."""
        return self._there(self.num_tasks).tolist()

    def without_forgotten(self) -> "AccuracyMatrix":
        """What was measured of the tasks that were not forgotten, as if of a run."""
        result = AccuracyMatrix(max(len(self.tasks), 1), measure=self.measure)
        if self.tasks:
            result._matrix = self._matrix[np.ix_(self.tasks, self.tasks)]
            result._initial = self._initial[self.tasks]
        return result

    @property
    def average_accuracy(self) -> float | None:
        return _mean(self._last_row())

    @property
    def backward_transfer(self) -> float | None:
        there = self._there(self.num_finished)
        change = self._last_row() - np.diag(self._matrix)[there]
        return _mean(self.measure.sign * change[:-1])

    @property
    def forward_transfer(self) -> float | None:
        tasks = self._there(self.num_finished)
        tasks = tasks[tasks > 0]
        change = self._matrix[tasks - 1, tasks] - self._initial[tasks]
        return _mean(self.measure.sign * change)

    @property
    def forgetting(self) -> float | None:
        there = self._there(self.num_finished)[:-1]
        earlier = self.measure.sign * self._matrix[np.ix_(there, there)]
        # A column without any measurement has no best.
        best = np.where(np.isnan(earlier), -np.inf, earlier).max(0, initial=-np.inf)
        best = np.where(np.isinf(best), np.nan, best)
        return _mean(best - self.measure.sign * self._last_row()[:-1])

    def to_dict(self) -> dict[str, Any]:
        """Returns the keys that `results.json` holds, ready for JSON.

        The initial accuracy is among them only where something was measured before
        training: without it the forward transfer could not be computed again.
        """
        result: dict[str, Any] = {
            f"{self.measure.name}_matrix": [_with_nulls(row) for row in self._matrix],
            f"average_{self.measure.name}": self.average_accuracy,
            "backward_transfer": self.backward_transfer,
            "forward_transfer": self.forward_transfer,
            "forgetting": self.forgetting,
        }
        if not np.isnan(self._initial).all():
            result[f"initial_{self.measure.name}"] = _with_nulls(self._initial)
        if self.measure is not ACCURACY:
            result["measure"] = self.measure.name
        if self.forgotten:
            result["forgotten"] = sorted(self.forgotten)
        return result

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "AccuracyMatrix":
        """Reads what `to_dict` wrote. Metrics are computed again, other keys left."""
        measure = of_results(values)
        name = f"{measure.name}_matrix"
        rows = values[name]
        if any(len(row) != len(rows) for row in rows):
            raise ValueError(
                f"Expected `{name}` to have as many columns as rows. Received: "
                f"{len(rows)} rows of lengths {[len(row) for row in rows]}. Use null "
                "for what was not measured."
            )
        result = cls(len(rows), values.get(f"initial_{measure.name}"), measure)
        for after, row in enumerate(rows):
            for task, accuracy in enumerate(row):
                if accuracy is not None and not np.isnan(accuracy):
                    result.record(after, task, accuracy)
        result.forgotten = frozenset(values.get("forgotten", ()))
        return result

    def __repr__(self) -> str:
        done = f"{self.num_finished} of {self.num_tasks} tasks"
        return f"<AccuracyMatrix {done} average={self.average_accuracy}>"

    def _there(self, count: int) -> npt.NDArray[np.int64]:
        """Those of the first `count` tasks that were not forgotten."""
        return np.array([t for t in range(count) if t not in self.forgotten], int)

    def _last_row(self) -> Matrix:
        count = self.num_finished
        return self._matrix[count - 1, self._there(count)] if count else np.empty(0)

    def _check_index(self, name: str, index: int) -> None:
        if not 0 <= index < self.num_tasks:
            raise ValueError(
                f"Expected `{name}` to be a task from 0 to {self.num_tasks - 1}. "
                f"Received: {name}={index}. Use `grow` to make room for more tasks."
            )

    def _checked(self, accuracy: float) -> float:
        value = float(accuracy)
        if self.measure is not ACCURACY:
            if not (0.0 <= value < np.inf):
                raise ValueError(
                    "Expected an error that is finite and not negative. Received: "
                    f"{self.measure.name}={accuracy}."
                )
        elif not 0.0 <= value <= 1.0:
            raise ValueError(
                "Expected the accuracy to be a fraction from 0 to 1. Received: "
                f"accuracy={accuracy}. Divide percentages by 100."
            )
        return value


def _mean(values: Matrix) -> float | None:
    if not values.size or np.isnan(values).any():
        return None
    return float(values.mean())


def _with_nulls(values: Matrix) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
