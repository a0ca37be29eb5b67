"""What a run has measured so far."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hypermask_tf.training.accuracy_matrix import AccuracyMatrix
from hypermask_tf.training.evaluation import Errors, Scores
from hypermask_tf.training.network_stats import (
    NetworkStats,
    read_stats,
    stats_by_task,
)


@dataclasses.dataclass
class SequenceRecord:
    """Accuracies or errors, and one entry for each finished task in every list.

    Args:
        matrix: The measure of all tasks after each.
        seconds: Time in training.
        steps: Optimizer steps.
        beside: What else is measured, by name: by task, after the latest one; None
            where an older version did not write it down.
        validation: The measure on validation data right after learning.
        inherited: The earlier task that it started from.
        stats: Sizes of its network right after it was learned.
    """

    matrix: AccuracyMatrix
    seconds: list[float] = dataclasses.field(default_factory=list)
    steps: list[int] = dataclasses.field(default_factory=list)
    validation: list[float | None] = dataclasses.field(default_factory=list)
    inherited: list[int | None] = dataclasses.field(default_factory=list)
    stats: list[NetworkStats] = dataclasses.field(default_factory=list)
    beside: dict[str, list[float | None]] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        self.beside = {n: self.beside.get(n, []) for n in self.matrix.measure.beside}

    def add(
        self,
        *,
        seconds: float,
        steps: int,
        validation: float | None,
        inherited: int | None,
        stats: NetworkStats,
    ) -> None:
        """Notes what is known of a task that has ended."""
        self.seconds.append(seconds)
        self.steps.append(steps)
        self.validation.append(validation)
        self.inherited.append(inherited)
        self.stats.append(stats)

    def score(self, scores: Sequence[Scores | Errors | None]) -> None:
        """Notes the scores of the tasks learned so far.

        Args:
            scores: One entry a task; None for what is as it was before.
        """
        for name, kept in self.beside.items():
            kept += [None] * (len(scores) - len(kept))
            for task, entry in enumerate(scores):
                if entry is not None:
                    kept[task] = getattr(entry, name)

    def forget(self, task: int) -> None:
        """Removes what was measured of a task; the time that it took stays."""
        self.matrix.forget(task)
        for measured in (*self.beside.values(), self.validation):
            if task < len(measured):
                measured[task] = None
        self.inherited[task] = None
        self.inherited = [None if p == task else p for p in self.inherited]
        self.stats[task] = NetworkStats.unknown()

    def to_dict(self) -> dict[str, Any]:
        """The keys that `results.json` holds, ready for JSON."""
        known = [value for value in self.validation if value is not None]
        name = self.matrix.measure.name
        return {
            **self.matrix.to_dict(),
            "train_seconds_per_task": [round(s, 3) for s in self.seconds],
            "steps_per_task": self.steps,
            f"validation_{name}": self.validation,
            f"average_validation_{name}": float(np.mean(known)) if known else None,
            **self.beside,
            "inherited_from": self.inherited,
            **stats_by_task(self.stats),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], num_tasks: int) -> "SequenceRecord":
        """Reads what `to_dict` wrote.

        Args:
            values: Its result.
            num_tasks: Tasks of the run by now, as many as then or more.
        """
        matrix = AccuracyMatrix.from_dict(values)
        matrix.grow(num_tasks)
        return cls(
            matrix,
            list(values["train_seconds_per_task"]),
            list(values["steps_per_task"]),
            list(values[f"validation_{matrix.measure.name}"]),
            list(values["inherited_from"]),
            read_stats(values),
            {name: list(values.get(name, [])) for name in matrix.measure.beside},
        )
