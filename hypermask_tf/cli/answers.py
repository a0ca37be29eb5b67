"""What one method said of the inputs of every task."""

import dataclasses

import numpy as np

from hypermask_tf.inference import Prediction
from hypermask_tf.inference.measures import (
    Reliability,
    accuracy_at_coverage,
    confusion,
    reliability,
)

COVERAGES = np.linspace(0.05, 1.0, 20)


@dataclasses.dataclass(frozen=True)
class Answers:
    """What one method said of the inputs of every task, and what was true."""

    predictions: list[Prediction]
    pooled: list[Prediction]
    labels: list[np.ndarray]

    @property
    def task_accuracy(self) -> list[float]:
        """Share of each task's inputs whose task was inferred."""
        return [_mean(p.task == t) for t, p in enumerate(self.predictions)]

    @property
    def accuracy(self) -> list[float]:
        """Share of each task's inputs whose task and class are right."""
        return [_mean(right) for right in self.right]

    @property
    def pooled_task_accuracy(self) -> float:
        """Share of batches whose task was inferred, mean over tasks."""
        return float(np.mean([_mean(p.task == t) for t, p in enumerate(self.pooled)]))

    @property
    def right(self) -> list[np.ndarray]:
        pairs = zip(self.predictions, self.labels, strict=True)
        return [(p.task == t) & (p.label == y) for t, (p, y) in enumerate(pairs)]

    @property
    def all_right(self) -> np.ndarray:
        return np.concatenate(self.right)

    @property
    def confidence(self) -> np.ndarray:
        return np.concatenate([p.confidence for p in self.predictions])

    @property
    def reliability(self) -> Reliability:
        return reliability(self.confidence, self.all_right)

    @property
    def curve(self) -> np.ndarray:
        """Class-incremental accuracy at each of `COVERAGES`."""
        return accuracy_at_coverage(self.confidence, self.all_right, COVERAGES)

    @property
    def confusion(self) -> np.ndarray:
        true = np.repeat(np.arange(len(self.labels)), [len(y) for y in self.labels])
        inferred = np.concatenate([p.task for p in self.predictions])
        return confusion(true, inferred, len(self.labels))


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values))
