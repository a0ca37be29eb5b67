"""What every method learns from a task's validation data."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from hypermask_tf.inference import calibration
from hypermask_tf.inference.evidence import Evidence
from hypermask_tf.inference.task_outputs import TaskOutputs


def temperature(
    method: Any, task: int, outputs: Sequence[TaskOutputs], y: np.ndarray
) -> np.ndarray:
    """Of the scores of the task's classes; float32, no axes.

    Args:
        method: The method.
        task: The task that is being fitted.
        outputs: What all networks say of its validation data.
        y: Labels of these.
    """
    found = [ops.convert_to_numpy(method.label_scores(part)) for part in outputs]
    scores = np.concatenate([part[:, task] for part in found]).astype("float64")
    scores = scores[:, : method.networks.classes[task]]
    return np.array(calibration.fit_temperature(scores, np.asarray(y)), "float32")


def calibrated(
    method: Any, task: int, outputs: Sequence[TaskOutputs]
) -> dict[str, np.ndarray]:
    """Weight of the evidence, and percentiles, with the tasks up to this one.

    Args:
        method: The method; the task's temperature and statistics are known to it.
        task: The task that is being fitted.
        outputs: What all networks say of its validation data.
    """
    upto = slice(task + 1)
    found = [
        ops.convert_to_numpy(method.evidence_of(part))[:, upto] for part in outputs
    ]
    scores = [ops.convert_to_numpy(method.scores(part))[:, upto] for part in outputs]
    own, weight = np.concatenate(found).astype("float64"), 1.0
    if task > 0:  # of one task alone nothing can be told apart
        weight = calibration.fit_weight(own, task)
    prediction = method.decide(Evidence(weight * own, own, np.concatenate(scores)))
    return {
        "weight": np.array(weight, "float32"),
        "own_evidence": calibration.quantiles(own[:, task]),
        "own_confidence": calibration.quantiles(prediction.confidence),
    }
