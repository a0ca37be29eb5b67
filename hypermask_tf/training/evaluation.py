"""Accuracy of a task's network, with task identity known."""

import dataclasses
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Scores:
    """How well a task's network does on some data; fractions, 0 to 1.

    Args:
        accuracy: Share of samples whose class is found.
        balanced_accuracy: Mean over classes of the share found.
        macro_f1: Mean over classes of the F1 score.
    """

    accuracy: float
    balanced_accuracy: float
    macro_f1: float

    @classmethod
    def of(cls, y: np.ndarray, found: np.ndarray) -> "Scores":
        """Compares labels with the classes found.

        Example:

        >>> Scores.of(np.array([0, 0, 0, 1]), np.array([0, 0, 0, 0])).accuracy
        0.75
        """
        from sklearn import metrics  # takes a while, and many need no scores

        recalls = [float(np.mean(found[y == label] == label)) for label in np.unique(y)]
        f1 = metrics.f1_score(y, found, average="macro", zero_division=0.0)
        return cls(float(np.mean(found == y)), float(np.mean(recalls)), float(f1))


def task_accuracy(
    model: Any,
    task: int,
    x: np.ndarray,
    y: np.ndarray,
    batch_size: int = 1000,
    classes: int | None = None,
) -> float:
    """Share of samples whose label is the arg max of the task's own logits.

    See `task_scores`, of which it is the accuracy.

    Returns:
        A fraction in 0..1.
    """
    return task_scores(model, task, x, y, batch_size, classes).accuracy


def task_scores(
    model: Any,
    task: int,
    x: np.ndarray,
    y: np.ndarray,
    batch_size: int = 1000,
    classes: int | None = None,
) -> Scores:
    """Compares labels with the arg max of the task's own logits.

    The last batch is filled up with repeats that do not count, so tasks of any
    size share one compiled function.

    Args:
        model: A `HyperMask`.
        task: Whose mask to use.
        x: Samples, `(n, ...)`.
        y: Labels, `(n,)`.
        batch_size: Samples per forward pass.
        classes: Number of classes of the task, where the head is wider: who knows the
            task knows that the outputs behind them mean nothing. None for all outputs.
    """
    missing = -len(x) % batch_size
    padded = np.concatenate([x, np.repeat(x[:1], missing, axis=0)]) if missing else x
    logits = model.predict(padded, batch_size=batch_size, task=task, verbose=0)
    return Scores.of(y, np.argmax(logits[: len(x), :classes], axis=-1))
