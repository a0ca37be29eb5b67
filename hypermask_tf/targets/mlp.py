"""The multilayer perceptrons of the paper's MNIST experiments."""

import math
from collections.abc import Sequence

import keras
from keras import layers

from hypermask_tf.targets.initial import initial


def mlp(
    input_shape: Sequence[int],
    hidden: Sequence[int] = (400, 400),
    classes: int = 10,
    initializer: str = "authors",
    name: str = "mlp",
) -> keras.Model:
    """A multilayer perceptron with ReLU and logits at the end.

    Args:
        input_shape: Shape of one sample; images are flattened.
        hidden: Widths of the hidden layers.
        classes: Width of the output, one head shared by all tasks.
        initializer: `"authors"`: weights and biases uniform in ±1/sqrt(fan_in);
            `"keras"`: Glorot kernels, zero biases.
        name: Name of the model.

    Returns:
        A Functional model from `(batch, *input_shape)` to `(batch, classes)`.

    Raises:
        ValueError: If a width is not positive or the initialiser unknown.

    Example:

    >>> mlp((28, 28, 1), (400, 400), classes=2).count_params()
    475202

    Reference: HyperMask, arXiv 2310.00113, section 5 (Split and Permuted MNIST).
    """
    if classes < 1 or any(width < 1 for width in hidden):
        raise ValueError(
            "`hidden` and `classes` must be positive. "
            f"Received: hidden={hidden}, classes={classes}"
        )
    inputs = keras.Input(tuple(input_shape), name="image")
    x = layers.Flatten(name="flatten")(inputs) if len(input_shape) > 1 else inputs
    fan_in = math.prod(input_shape)
    for i, width in enumerate(hidden):
        x = layers.Dense(
            width, "relu", name=f"dense_{i}", **initial(initializer, fan_in)
        )(x)
        fan_in = width
    outputs = layers.Dense(classes, name="logits", **initial(initializer, fan_in))(x)
    return keras.Model(inputs, outputs, name=name)
