"""The examples of a task that an export looks at, and what each part may decide."""

import dataclasses
from typing import Any

import numpy as np

# Enough to see the range of every activation; more only takes longer.
CALIBRATION_EXAMPLES = 256

Arrays = tuple[np.ndarray, np.ndarray]


@dataclasses.dataclass(frozen=True)
class TaskData:
    """Arrays of one task.

    Args:
        calibration: training examples that set the ranges of activations.
        gate: examples and labels on which a file must hold its accuracy.
        gate_split: where the gate's examples are from: `"validation"`, or
            `"train"` for a task that sets no validation data aside.
        test: the whole test set, which is reported and decides nothing.
    """

    calibration: np.ndarray
    gate: Arrays
    gate_split: str
    test: Arrays


def task_data(task: Any) -> TaskData:
    """Returns the arrays of a task of a scenario."""
    train = task.train
    gate, split = task.validation, "validation"
    if not len(gate[0]):
        gate, split = train, "train"
    chosen = np.linspace(0, len(train[0]) - 1, CALIBRATION_EXAMPLES).astype(int)
    return TaskData(train[0][np.unique(chosen)], gate, split, task.test)
