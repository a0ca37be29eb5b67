"""Which metric decides: the one that is given, else the one that suits the loss."""

from typing import Any

import keras
import numpy as np

from hypermask_tf.export import judges
from hypermask_tf.export.judge import Judge
from hypermask_tf.export.loss_kinds import (
    BY_SHAPE,
    CLASS_NUMBERS,
    NUMBERS,
    ONE_HOT,
    YES_OR_NO,
    decides,
    kind_of,
    thresholds,
)
from hypermask_tf.keras_private import metric_direction


def by_loss(
    loss: Any, y: np.ndarray, outputs: np.ndarray, classes: int | None
) -> tuple[Judge, np.ndarray]:
    """Returns what judges the outputs of a loss, and targets in the form it takes.

    Classes are judged by accuracy, yes and no by binary accuracy, numbers by R², and
    what another loss was made for by that loss.

    Raises:
        ValueError: when the targets do not fit the outputs.
    """
    kind = kind_of(loss, y, outputs)
    if kind == ONE_HOT:
        return judges.accuracy(classes), _alike(y, outputs).argmax(-1)
    if kind == CLASS_NUMBERS:
        ignored = getattr(loss, "ignore_class", None)
        labels = class_numbers(y, outputs, classes, ignored)
        return judges.accuracy(classes, ignored), labels
    if kind == YES_OR_NO:
        threshold, of_targets = thresholds(loss)
        return judges.binary_accuracy(threshold, of_targets), _alike(y, outputs)
    if kind == NUMBERS:
        return judges.r2_score(), _alike(y, outputs)
    return judges.loss_value(keras.losses.get(loss)), y


def by_metric(
    metric: Any,
    higher_is_better: bool | None,
    loss: Any,
    y: np.ndarray,
    outputs: np.ndarray,
    classes: int | None,
) -> tuple[Judge, np.ndarray]:
    """Returns what judges by a metric that was chosen, and targets for it.

    Raises:
        ValueError: when it is unknown, or nobody says whether more of it is better.
    """
    if isinstance(metric, str) and metric.lower() in BY_SHAPE:
        known = loss if decides(loss, y, outputs) else "accuracy"
        return by_loss(known, y, outputs, classes)
    found = keras.metrics.get(metric)
    if not isinstance(found, keras.metrics.Metric):
        name = getattr(found, "__name__", "metric")
        found = keras.metrics.MeanMetricWrapper(found, name=name)
    if higher_is_better is None:
        direction = metric_direction(found)
        if direction is None:
            raise ValueError(
                "Expected `higher_is_better`: whether more of the metric is better is "
                f"not known. Received: metric={metric!r}"
            )
        higher_is_better = direction == "up"
    return judges.keras_metric(found, higher_is_better), y


def class_numbers(
    y: np.ndarray, outputs: np.ndarray, classes: int | None, ignored: int | None = None
) -> np.ndarray:
    """Returns class numbers, one for each place that has outputs.

    Raises:
        ValueError: when there are not as many, or one has no output.
    """
    labels = y[..., 0] if y.shape == (*outputs.shape[:-1], 1) else y
    known = outputs.shape[-1] if classes is None else classes
    if labels.shape != outputs.shape[:-1]:
        raise ValueError(
            f"Expected class numbers of shape {outputs.shape[:-1]}, one for each "
            f"place with outputs. Received: targets of shape {y.shape}"
        )
    counts = labels[labels != ignored]
    if counts.size and not 0 <= counts.min() <= counts.max() < known:
        raise ValueError(
            f"Expected class numbers in 0..{known - 1}, one for each output that has "
            f"a label. Received: numbers from {counts.min()} to {counts.max()}"
        )
    return labels.astype("int64")


def _alike(y: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Targets in the shape of the outputs, where only an axis of one is at stake."""
    if y.shape != outputs.shape and y.size != outputs.size:
        raise ValueError(
            f"Expected targets of shape {outputs.shape}, as the outputs have. "
            f"Received: targets of shape {y.shape}"
        )
    return y.reshape(outputs.shape)
