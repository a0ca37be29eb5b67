"""A small convolutional network for windows of a sensor or of sound."""

from collections.abc import Sequence

import keras
from keras import layers

_WIDTH = 5


def conv1d(
    input_shape: Sequence[int],
    filters: Sequence[int] = (32, 64, 64),
    classes: int = 10,
    name: str = "conv1d",
) -> keras.Model:
    """Convolutions over time with ReLU and pooling, a mean over time, and logits.

    Every stage but the last halves the time, as long as there is some. What comes
    before the logits does not depend on when something happened in the window.

    Args:
        input_shape: `(time, channels)`.
        filters: Maps of each stage.
        classes: Width of the output.
        name: Name of the model.

    Returns:
        A Functional model from `(batch, time, channels)` to `(batch, classes)`.

    Raises:
        ValueError: If the input is no window, or a number is not positive.

    Example:

    >>> conv1d((128, 6), (16, 32), classes=7).output_shape
    (None, 7)
    """
    shape = tuple(input_shape)
    if len(shape) != 2:
        raise ValueError(
            "`input_shape` must be (time, channels), the shape of a window. Received: "
            f"input_shape={shape}"
        )
    if classes < 1 or not filters or min(filters) < 1:
        raise ValueError(
            "`filters` and `classes` must be positive. Received: "
            f"filters={tuple(filters)}, classes={classes}"
        )
    inputs = x = keras.Input(shape, name="window")
    for i, count in enumerate(filters):
        if i and x.shape[1] > 1:
            x = layers.MaxPooling1D(2, name=f"pool_{i}")(x)
        x = layers.Conv1D(
            count,
            _WIDTH,
            padding="same",
            activation="relu",
            kernel_initializer="he_uniform",
            name=f"conv_{i}",
        )(x)
    x = layers.GlobalAveragePooling1D(name="mean")(x)
    outputs = layers.Dense(classes, name="logits")(x)
    return keras.Model(inputs, outputs, name=name)
