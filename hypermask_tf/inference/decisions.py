"""From evidence to a prediction, and the checks in front of it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import special

from hypermask_tf.inference import calibration
from hypermask_tf.inference.evidence import Evidence
from hypermask_tf.inference.prediction import Prediction

Statistics = Mapping[int, Mapping[str, np.ndarray]]


def decide(
    evidence: Evidence, posterior: np.ndarray, offsets: np.ndarray, known: Statistics
) -> Prediction:
    """The likeliest task of every input, and the likeliest class in it.

    Args:
        evidence: Of n inputs.
        posterior: Probabilities of the tasks, `(n, tasks)`.
        offsets: Index of each task's first class.
        known: What fitted methods know of each task.
    """
    rows = np.arange(len(posterior))
    task = posterior.argmax(axis=-1)
    chances = special.softmax(evidence.scores[rows, task], axis=-1)
    label = chances.argmax(axis=-1)
    return Prediction(
        task=task,
        label=label,
        index=offsets[task] + label,
        confidence=posterior[rows, task] * chances[rows, label],
        typicality=_ranks(evidence.own[rows, task], task, known, "own_evidence"),
        posterior=posterior,
    )


def accepted(prediction: Prediction, known: Statistics, coverage: float) -> np.ndarray:
    """Which predictions to keep, so that `coverage` of validation data would be.

    One that is unusual for its task in confidence or in evidence is dropped; either
    criterion drops half of what may go.

    Raises:
        ValueError: If `coverage` is not a share, or no task was fitted.
    """
    if not 0.0 < coverage <= 1.0:
        raise ValueError(
            "Expected `coverage` to be a share above 0, up to 1. "
            f"Received: coverage={coverage}"
        )
    if not known:
        raise ValueError(
            "What to abstain from is known from validation data. Received: a method "
            "that was not fitted. Call `fit` for every task."
        )
    ranks = _ranks(prediction.confidence, prediction.task, known, "own_confidence")
    least = (1.0 - coverage) / 2
    return (ranks >= least) & (prediction.typicality >= least)


def thresholds(known: Statistics, coverage: float) -> list[dict[str, float]]:
    """Least confidence and least evidence of each task that `accepted` keeps."""
    least = (1.0 - coverage) / 2
    return [
        {
            name: float(np.interp(least, calibration.GRID, known[task][f"own_{name}"]))
            for name in ("confidence", "evidence")
        }
        for task in sorted(known)
    ]


def _ranks(
    values: np.ndarray, tasks: np.ndarray, known: Statistics, name: str
) -> np.ndarray:
    ranks = np.full(len(values), np.nan)
    for task, statistics in known.items():
        mine = tasks == task
        if name in statistics:
            ranks[mine] = calibration.rank(values[mine], statistics[name])
    return ranks


def check_fit(method: Any, task: int, x: np.ndarray, y: np.ndarray) -> None:
    """Raises a ValueError if `method` cannot be fitted to this task or these data."""
    tasks, done = method.networks.num_tasks, len(method.statistics)
    if not 0 <= task < tasks:
        raise ValueError(
            f"Expected a task from 0 to {tasks - 1}, the learned ones whose networks "
            f"the method has. Received: task={task}. Learn it, then assign "
            "`method.networks = TaskNetworks(model)`."
        )
    if task > done:
        raise ValueError(
            "Tasks are fitted in order, each is told apart from those before it. "
            f"Received: task={task}, but the next one is {done}"
        )
    if len(x) != len(y) or not len(x):
        raise ValueError(
            "Expected samples and a label for each. "
            f"Received: {len(x)} samples, {len(y)} labels"
        )
    labels, count = np.unique(y), method.networks.classes[task]
    if labels[0] < 0 or labels[-1] >= count:
        raise ValueError(
            f"Expected labels within task {task}, 0 to {count - 1}. Received: labels "
            f"from {labels[0]} to {labels[-1]}"
        )


def check_fitted(method: Any) -> None:
    """Raises a ValueError if statistics of a task are missing."""
    tasks, done = method.networks.num_tasks, len(method.statistics)
    if method.needs_fit and done < tasks:
        raise ValueError(
            f"{type(method).__name__} needs statistics of all {tasks} tasks. Received: "
            f"those of {done}. Call `fit(task, x, y)` right after learning each."
        )
