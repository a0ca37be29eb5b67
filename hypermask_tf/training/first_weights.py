"""The weights a network was built with, to begin again from."""

import keras
import numpy as np


class FirstWeights:
    """Remembers a model's weights, and puts them back into it or a copy.

    All of them: kernels, biases, scales and moving statistics. States of random
    generators run on, so dropout does not repeat itself.

    Args:
        model: A built model.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> first, before = FirstWeights(model), model.get_weights()
    >>> model.set_weights([weight + 1 for weight in before])
    >>> first.restore(model)
    >>> bool((model.get_weights()[0] == before[0]).all())
    True
    """

    def __init__(self, model: keras.Model) -> None:
        self._values = [
            np.array(keras.ops.convert_to_numpy(w.value)) for w in model.weights
        ]

    def restore(self, model: keras.Model) -> None:
        """Gives every weight of a model of that form its first value."""
        for weight, value in zip(model.weights, self._values, strict=True):
            weight.assign(value)
