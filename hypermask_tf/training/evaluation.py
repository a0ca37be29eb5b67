"""Accuracy of a task's network, with task identity known."""

from typing import Any

import numpy as np


def task_accuracy(
    model: Any,
    task: int,
    x: np.ndarray,
    y: np.ndarray,
    batch_size: int = 1000,
    classes: int | None = None,
) -> float:
    """Share of samples whose label is the arg max of the task's own logits.

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

    Returns:
        A fraction in 0..1.
    """
    missing = -len(x) % batch_size
    padded = np.concatenate([x, np.repeat(x[:1], missing, axis=0)]) if missing else x
    logits = model.predict(padded, batch_size=batch_size, task=task, verbose=0)
    return float(np.mean(np.argmax(logits[: len(x), :classes], axis=-1) == y))
