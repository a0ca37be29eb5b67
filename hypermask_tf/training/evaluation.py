"""How well a task's network does, with task identity known."""

import dataclasses
from typing import Any

import numpy as np

from hypermask_tf.scenarios import Task


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


@dataclasses.dataclass(frozen=True)
class Errors:
    """How far a task's network is from the numbers that it predicts.

    Args:
        mae: Mean absolute error, in the unit of the data.
        r2_score: Share of their variance that is explained; None where there is none.
        mean_mae: Mean absolute error of who always says the mean of the training data.
    """

    mae: float
    r2_score: float | None
    mean_mae: float

    @classmethod
    def of(cls, y: np.ndarray, found: np.ndarray, mean: float) -> "Errors":
        """Compares numbers with those found.

        Example:

        >>> Errors.of(np.array([1.0, 3.0]), np.array([1.0, 2.0]), mean=3.0)
        Errors(mae=0.5, r2_score=0.5, mean_mae=1.0)
        """
        y, found = y.astype(np.float64), found.astype(np.float64)
        total = float(np.sum((y - y.mean()) ** 2))
        r2 = 1 - float(np.sum((y - found) ** 2)) / total if total else None
        return cls(
            float(np.mean(np.abs(y - found))), r2, float(np.mean(np.abs(y - mean)))
        )


def measured(model: Any, task: Task, x: np.ndarray, y: np.ndarray) -> Scores | Errors:
    """What is measured of a task on some of its data.

    Args:
        model: A `HyperMask`.
        task: The task.
        x: Samples, `(n, ...)`.
        y: Their labels, `(n,)`, or the numbers that they stand for.
    """
    if task.number is None:
        return task_scores(model, task.index, x, y, classes=task.num_classes)
    outputs = _outputs(model, task.index, x)
    found = task.number.to_unit(outputs.reshape(len(x)))
    return Errors.of(y, found, task.number.mean)


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
    logits = _outputs(model, task, x, batch_size)
    return Scores.of(y, np.argmax(logits[:, :classes], axis=-1))


def _outputs(
    model: Any, task: int, x: np.ndarray, batch_size: int = 1000
) -> np.ndarray:
    missing = -len(x) % batch_size
    padded = np.concatenate([x, np.repeat(x[:1], missing, axis=0)]) if missing else x
    found = model.predict(padded, batch_size=batch_size, task=task, verbose=0)
    return np.asarray(found[: len(x)])
