"""What a first step would make, made before it."""

import contextlib
from typing import Any

import keras
import numpy as np

from hypermask_tf.distribution import replicas


def prepare(model: Any, x: Any, y: Any, training: bool = True) -> None:
    """Makes what the first step of `fit` or `evaluate` would, so it is traced once.

    Keras leaves variables of the optimizer and of metrics to the first step. TensorFlow
    then traces this step twice, once with and once without the making, and tracing is
    most of the time to a first step. On JAX, and where replicas share a batch, Keras
    makes them before.

    Args:
        model: A compiled learner.
        x: What `fit` or `evaluate` got: samples, or a data set of batches. Where it
            does not say what a sample looks like, as a generator does not, metrics are
            left to the first step.
        y: The labels, where `x` does not hold them.
        training: Whether steps will be taken.
    """
    if keras.backend.backend() != "tensorflow" or replicas.of(model) > 1:
        return
    with replicas.scope(model):
        if training:
            make_optimizer(model)
        if model.metrics_made or (sample := _sample(x, y)) is None:
            return
        # A metric may not take a sample of zeros. The first step makes it then, and
        # says what is wrong if something is.
        with contextlib.suppress(Exception):
            make_metrics(model, *sample)


def make_optimizer(model: Any) -> None:
    """Makes the variables of a compiled model's optimizer, if it has none yet."""
    if model.optimizer is not None and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)


def make_metrics(model: Any, x: Any, y: Any) -> None:
    """Makes the variables of losses, metrics and of layers that only training calls.

    Args:
        model: A compiled learner.
        x: A batch of samples; their values mean nothing.
        y: Its labels.
    """
    model.metrics_made = True  # one try
    for layer in (model.augmentation, model.outliers):
        if layer is not None and not layer.built:
            # Without values, so it draws no random numbers.
            layer(keras.KerasTensor(x.shape, x.dtype))
    with keras.StatelessScope():  # in there nothing is assigned
        outputs = model(x, training=False)
        model.compute_loss(x, y, outputs, training=False)
        model.compute_metrics(x, y, outputs)


def _sample(x: Any, y: Any) -> tuple[Any, Any] | None:
    """One sample of zeros with its label, as `x` and `y` have them; None if unknown."""
    if hasattr(x, "element_spec"):
        batch = x.element_spec
        if not isinstance(batch, tuple) or len(batch) < 2:
            return None
        x, y = batch[:2]
    parts = keras.tree.flatten((x, y))
    if y is None or not all(_is_known(part) for part in parts):
        return None
    zeros = [
        keras.ops.zeros(
            (1, *part.shape[1:]), keras.backend.standardize_dtype(part.dtype)
        )
        for part in parts
    ]
    one_x, one_y = keras.tree.pack_sequence_as((x, y), zeros)
    return one_x, one_y


def _is_known(part: Any) -> bool:
    """Whether this is an array, a tensor or a spec whose samples have one shape."""
    shape = getattr(part, "shape", None)
    if shape is None or not hasattr(part, "dtype") or len(shape) == 0:
        return False
    return all(isinstance(size, int | np.integer) for size in tuple(shape)[1:])
