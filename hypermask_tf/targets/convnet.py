"""A small convolutional network with batch norm."""

from collections.abc import Sequence

import keras
from keras import layers


def convnet(
    input_shape: Sequence[int],
    filters: Sequence[int] = (32, 64),
    hidden: int = 128,
    classes: int = 10,
    name: str = "convnet",
) -> keras.Model:
    """Convolution, batch norm, ReLU and pooling per stage, then two dense layers.

    Args:
        input_shape: `(height, width, channels)`; each stage halves the first two.
        filters: Channels of each stage.
        hidden: Width of the hidden dense layer.
        classes: Width of the output.
        name: Name of the model.

    Returns:
        A Functional model from `(batch, *input_shape)` to `(batch, classes)`.

    Raises:
        ValueError: If the input is no image, or too small for so many stages.

    Example:

    >>> convnet((28, 28, 1), (8, 16), hidden=32, classes=2).output_shape
    (None, 2)
    """
    if len(input_shape) != 3:
        raise ValueError(
            "`input_shape` must be (height, width, channels). "
            f"Received: input_shape={tuple(input_shape)}"
        )
    height, width = input_shape[0], input_shape[1]
    if min(height, width) >> len(filters) < 1:
        raise ValueError(
            f"{len(filters)} stages halve {height} x {width} images to nothing; use "
            f"fewer. Received: filters={tuple(filters)}"
        )
    inputs = keras.Input(tuple(input_shape), name="image")
    x = inputs
    for i, count in enumerate(filters):
        x = layers.Conv2D(
            count, 3, padding="same", kernel_initializer="he_uniform", name=f"conv_{i}"
        )(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"norm_{i}")(x)
        x = layers.ReLU(name=f"relu_{i}")(x)
        x = layers.MaxPooling2D(name=f"pool_{i}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(hidden, "relu", name="dense")(x)
    outputs = layers.Dense(classes, name="logits")(x)
    return keras.Model(inputs, outputs, name=name)
