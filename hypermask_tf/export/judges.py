"""The metrics that decide by themselves, by the kind of target."""

from typing import Any

import numpy as np

from hypermask_tf.export.judge import Judge

BATCH = 256


def accuracy(classes: int | None = None, ignored: int | None = None) -> Judge:
    """Returns the share of classes that are right; targets are class numbers.

    Args:
        classes: how many of the outputs may be chosen; `None` for all.
        ignored: a class number that says that a place does not count.
    """

    def choose(outputs: np.ndarray) -> np.ndarray:
        return np.asarray(outputs[..., :classes].argmax(-1))

    def value(y: np.ndarray, outputs: np.ndarray) -> float:
        counts = np.ones(y.shape, bool) if ignored is None else y != ignored
        return float(np.mean((choose(outputs) == y)[counts]))

    return Judge("accuracy", value, choose=choose)


def binary_accuracy(threshold: float, target_threshold: float = 0.5) -> Judge:
    """Returns the share of yes-or-no answers that are right, over all outputs.

    Args:
        threshold: outputs above are yes: 0 for logits, 0.5 for probabilities.
        target_threshold: the same of targets.
    """

    def choose(outputs: np.ndarray) -> np.ndarray:
        return np.asarray(outputs > threshold)

    def value(y: np.ndarray, outputs: np.ndarray) -> float:
        return float(np.mean(choose(outputs) == (y > target_threshold)))

    return Judge("binary_accuracy", value, choose=choose)


def mean_absolute_error(max_rise: float) -> Judge:
    """Returns the mean absolute error, in the unit of the data.

    Args:
        max_rise: by which share of Keras' it may be larger.
    """
    return Judge("mae", _mae, higher_is_better=False, max_rise=max_rise)


def r2_score() -> Judge:
    """Returns how much of the targets' variance is explained, all outputs together.

    It has no unit, so one limit suits all targets.
    """

    def value(y: np.ndarray, outputs: np.ndarray) -> float:
        y = y.astype("float64")
        total = np.sum((y - y.mean(axis=0)) ** 2)
        return float(1 - np.sum((y - outputs) ** 2) / total) if total else float("nan")

    return Judge("r2_score", value)


def loss_value(loss: Any) -> Judge:
    """Returns a loss itself, of which less is better."""
    name = getattr(loss, "name", None) or getattr(loss, "__name__", "loss")

    def value(y: np.ndarray, outputs: np.ndarray) -> float:
        return float(np.mean(_numpy(loss(_tensor(y), _tensor(outputs)))))

    return Judge(str(name), value, higher_is_better=False)


def keras_metric(metric: Any, higher_is_better: bool) -> Judge:
    """Returns a metric of Keras; the object that is given keeps its state.

    Raises:
        ValueError: from its value, when that is not one number.
    """
    import contextlib

    from hypermask_tf.compiling.fresh_metric import fresh_metrics

    def value(y: np.ndarray, outputs: np.ndarray) -> float:
        (fresh,) = fresh_metrics([metric], contextlib.nullcontext())
        fresh.reset_state()
        for i in range(0, len(y), BATCH):
            fresh.update_state(
                _tensor(y[i : i + BATCH]), _tensor(outputs[i : i + BATCH])
            )
        result = fresh.result()
        if isinstance(result, dict) or np.ndim(result := _numpy(result)):
            raise ValueError(
                "Expected a metric that gives one number, such as "
                "F1Score(average='macro'). Received: "
                f"{metric.name}, which gives {result!r:.80}"
            )
        return float(result)

    return Judge(metric.name, value, higher_is_better)


def _mae(y: np.ndarray, outputs: np.ndarray) -> float:
    # Not within a function: it goes to other processes.
    return float(np.mean(np.abs(y.astype("float64") - outputs.astype("float64"))))


def _tensor(values: np.ndarray) -> Any:
    import keras

    return keras.ops.convert_to_tensor(values)


def _numpy(values: Any) -> np.ndarray:
    import keras

    return np.asarray(keras.ops.convert_to_numpy(values))
