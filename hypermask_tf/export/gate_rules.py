"""Which metric decides: the one that is given, else the one that suits the loss."""

from typing import Any

import keras
import numpy as np

from hypermask_tf.export import judges
from hypermask_tf.export.judge import Judge
from hypermask_tf.keras_private import metric_direction

_L = keras.losses
# Losses, and functions of the same name, by what their targets are.
_CLASS_NUMBERS = (_L.SparseCategoricalCrossentropy,)
_ONE_HOT = (
    _L.CategoricalCrossentropy,
    _L.CategoricalFocalCrossentropy,
    _L.CategoricalHinge,
    _L.KLDivergence,
)
_YES_OR_NO = (
    _L.BinaryCrossentropy,
    _L.BinaryFocalCrossentropy,
    _L.Dice,
    _L.Tversky,
    _L.Hinge,
    _L.SquaredHinge,
)
_NUMBERS = (
    _L.MeanSquaredError,
    _L.MeanAbsoluteError,
    _L.MeanSquaredLogarithmicError,
    _L.MeanAbsolutePercentageError,
    _L.Huber,
    _L.LogCosh,
    _L.Poisson,
)
CLASS_NUMBERS, ONE_HOT, YES_OR_NO, NUMBERS, OTHER = (
    "class numbers",
    "one-hot",
    "yes or no",
    "numbers",
    "other",
)
_KINDS = {
    CLASS_NUMBERS: _CLASS_NUMBERS,
    ONE_HOT: _ONE_HOT,
    YES_OR_NO: _YES_OR_NO,
    NUMBERS: _NUMBERS,
}
_DECISIONS = (CLASS_NUMBERS, ONE_HOT, YES_OR_NO)
# Names to which Keras gives a meaning by the shapes of targets and outputs.
_BY_SHAPE = ("crossentropy", "ce", "accuracy", "acc")


def kind_of(loss: Any, y: np.ndarray, outputs: np.ndarray) -> str:
    """Returns what the targets of a loss are.

    Args:
        loss: a loss of Keras, its name or function, or `"accuracy"`.
        y: targets.
        outputs: what the network says.

    Example:

    >>> kind_of("mse", np.zeros(3), np.zeros((3, 1)))
    'numbers'
    """
    if isinstance(loss, str) and loss.lower() in _BY_SHAPE:
        if outputs.shape[-1] == 1:
            return YES_OR_NO
        return ONE_HOT if y.shape == outputs.shape else CLASS_NUMBERS
    loss = _L.get(loss)
    for kind, classes in _KINDS.items():
        functions = [_L.get(_snake(one.__name__)) for one in classes]
        if isinstance(loss, classes) or loss in functions:
            return kind
    return OTHER


def decides(loss: Any, y: np.ndarray, outputs: np.ndarray) -> bool:
    """Whether outputs of a loss are classes, or yes and no."""
    return loss is not None and kind_of(loss, y, outputs) in _DECISIONS


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
        threshold, of_targets = _thresholds(loss)
        return judges.binary_accuracy(threshold, of_targets), _alike(y, outputs)
    if kind == NUMBERS:
        return judges.r2_score(), _alike(y, outputs)
    return judges.loss_value(_L.get(loss)), y


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
    if isinstance(metric, str) and metric.lower() in _BY_SHAPE:
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


def _thresholds(loss: Any) -> tuple[float, float]:
    """Above which an output says yes, and above which a target does."""
    if isinstance(loss, str) and loss.lower() in _BY_SHAPE:
        return 0.5, 0.5
    loss = _L.get(loss)
    name = getattr(loss, "__name__", type(loss).__name__)
    if "hinge" in name.lower():  # targets are -1 and 1, or 0 and 1
        return 0.0, 0.0
    config = loss.get_config() if isinstance(loss, _L.Loss) else {}
    return (0.0 if config.get("from_logits") else 0.5), 0.5


def _snake(name: str) -> str:
    text = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
    return {"_k_l_divergence": "kl_divergence"}.get(text, text.lstrip("_"))
