"""What a run has measured so far."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hypermask_tf.training.accuracy_matrix import AccuracyMatrix
from hypermask_tf.training.evaluation import Scores
from hypermask_tf.training.network_stats import (
    NetworkStats,
    read_stats,
    stats_by_task,
)


@dataclasses.dataclass
class SequenceRecord:
    """Accuracies, and one entry for each finished task in every list.

    Args:
        matrix: Accuracies of all tasks after each.
        seconds: Time in training.
        steps: Optimizer steps.
        balanced: Balanced accuracy by task, after the latest one; None where an older
            version did not write it down.
        f1: Macro F1, likewise.
        validation: Accuracy on validation data right after learning.
        inherited: The earlier task that it started from.
        stats: Sizes of its network right after it was learned.
    """

    matrix: AccuracyMatrix
    seconds: list[float] = dataclasses.field(default_factory=list)
    steps: list[int] = dataclasses.field(default_factory=list)
    validation: list[float | None] = dataclasses.field(default_factory=list)
    inherited: list[int | None] = dataclasses.field(default_factory=list)
    stats: list[NetworkStats] = dataclasses.field(default_factory=list)
    balanced: list[float | None] = dataclasses.field(default_factory=list)
    f1: list[float | None] = dataclasses.field(default_factory=list)

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

    def score(self, scores: Sequence[Scores | None]) -> None:
        """Notes the scores of the tasks learned so far.

        Args:
            scores: One entry a task; None for what is as it was before.
        """
        for kept, name in ((self.balanced, "balanced_accuracy"), (self.f1, "macro_f1")):
            kept += [None] * (len(scores) - len(kept))
            for task, entry in enumerate(scores):
                if entry is not None:
                    kept[task] = getattr(entry, name)

    def forget(self, task: int) -> None:
        """Removes what was measured of a task; the time that it took stays."""
        self.matrix.forget(task)
        for measured in (self.balanced, self.f1, self.validation):
            if task < len(measured):
                measured[task] = None
        self.inherited[task] = None
        self.inherited = [None if p == task else p for p in self.inherited]
        self.stats[task] = NetworkStats.unknown()

    def to_dict(self) -> dict[str, Any]:
        """The keys that `results.json` holds, ready for JSON."""
        known = [value for value in self.validation if value is not None]
        return {
            **self.matrix.to_dict(),
            "train_seconds_per_task": [round(s, 3) for s in self.seconds],
            "steps_per_task": self.steps,
            "validation_accuracy": self.validation,
            "average_validation_accuracy": float(np.mean(known)) if known else None,
            "balanced_accuracy": self.balanced,
            "macro_f1": self.f1,
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
            list(values["validation_accuracy"]),
            list(values["inherited_from"]),
            read_stats(values),
            list(values.get("balanced_accuracy", [])),
            list(values.get("macro_f1", [])),
        )
