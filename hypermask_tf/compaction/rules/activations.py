"""Which functions work position by position and are finite everywhere."""

from typing import Any

import keras

_NAMES = (
    "celu elu exponential gelu hard_shrink hard_sigmoid hard_silu hard_tanh "
    "leaky_relu linear log_sigmoid mish relu relu6 selu sigmoid silu soft_shrink "
    "softplus softsign sparse_plus sparse_sigmoid squareplus tanh tanh_shrink "
    "threshold"
).split()
_FUNCTIONS = {getattr(keras.activations, name, None) for name in _NAMES} - {None}
_LAYERS = (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU)


def is_elementwise(activation: Any) -> bool:
    """Whether this is a Keras activation of single values; None counts as one."""
    if activation is None or type(activation) in _LAYERS:
        return True
    return (
        callable(activation)
        and not isinstance(activation, keras.Layer)
        and (activation in _FUNCTIONS)
    )
