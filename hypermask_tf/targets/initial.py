"""First weights of targets: the authors' or Keras's."""

import math

import keras

INITIALIZERS = ("authors", "keras")


def initial(initializer: str, fan_in: int) -> dict[str, keras.Initializer]:
    """Initialisers of a dense or convolution layer, as its keyword arguments.

    Args:
        initializer: `"authors"`: kernel and bias uniform in ±1/sqrt(fan_in), which
            is PyTorch's rule; `"keras"`: Glorot kernels, zero biases.
        fan_in: Numbers that one output of the layer is a sum of.

    Raises:
        ValueError: If the initialiser is unknown.
    """
    if initializer not in INITIALIZERS:
        raise ValueError(
            f"`initializer` must be one of {list(INITIALIZERS)}. "
            f"Received: initializer={initializer!r}"
        )
    if initializer == "keras":
        return {}
    limit = 1.0 / math.sqrt(fan_in)
    return {
        "kernel_initializer": keras.initializers.RandomUniform(-limit, limit),
        "bias_initializer": keras.initializers.RandomUniform(-limit, limit),
    }
