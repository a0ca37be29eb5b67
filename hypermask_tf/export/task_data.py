"""The examples of a task that an export looks at, and what each part may decide."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from hypermask_tf.export import judges
from hypermask_tf.export.examples import Examples, spread
from hypermask_tf.export.interface import INPUT_NAME, port_names
from hypermask_tf.export.judge import MAX_RISE, Judge

# Enough to see the range of every activation; more only takes longer.
CALIBRATION_EXAMPLES = 256

Arrays = tuple[Any, Any]


@dataclasses.dataclass(frozen=True)
class TaskData:
    """Arrays of one task; of several inputs or outputs, arrays by name.

    Args:
        calibration: training examples that set the ranges of activations.
        gate: examples and labels on which a file must hold its accuracy.
        gate_split: where the gate's examples are from: `"validation"`, or
            `"train"` for a task that sets no validation data aside.
        test: the whole test set, which is reported and decides nothing.
        judges: what outputs are judged by, by name; `None` for the accuracy of the
            class whose logit is largest.
        test_split: where the test set is from: `"validation"` where the gate's
            examples stand in for it.
    """

    calibration: Examples
    gate: Arrays
    gate_split: str
    test: Arrays
    judges: Mapping[str, Judge] | None = None
    test_split: str = "test"


def task_data(task: Any, max_mae_rise: float = MAX_RISE) -> TaskData:
    """Returns the arrays of a task of a scenario.

    Args:
        task: the task.
        max_mae_rise: by which share the error of a file that predicts a number may
            be larger than Keras'.
    """
    train, test, judged = task.train, task.test, None
    gate, split = task.validation, "validation"
    if not len(gate[0]):
        gate, split = train, "train"
    calibration = spread(train[0], CALIBRATION_EXAMPLES)
    if task.number is not None:
        judged = {number_name(task): judges.mean_absolute_error(max_mae_rise)}
        gate, test = ((x, y[:, None]) for x, y in (gate, test))
    return TaskData(calibration, gate, split, test, judged)


def number_name(task: Any) -> str:
    """Returns what files call the number that a task predicts."""
    return port_names([INPUT_NAME, task.class_names[0]])[1]
