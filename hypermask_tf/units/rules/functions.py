"""What an activation function does to channels; a user's own is tried."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from hypermask_tf.keras_private import is_named_by_keras

# These mix the channels but leave each in its place.
_COUPLING = (
    keras.activations.softmax,
    keras.activations.log_softmax,
    keras.activations.sparsemax,
)

# These work on single values, and are finite everywhere.
_ELEMENTWISE = (
    "celu elu exponential gelu hard_shrink hard_sigmoid hard_silu hard_tanh "
    "leaky_relu linear log_sigmoid mish relu relu6 selu sigmoid silu soft_shrink "
    "softplus softsign sparse_plus sparse_sigmoid squareplus tanh tanh_shrink "
    "threshold"
).split()
_FUNCTIONS = {getattr(keras.activations, name, None) for name in _ELEMENTWISE} - {None}
_LAYERS = (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU)

_STEP = 1e-10
_AROUND_ZERO = (-2 * _STEP, -_STEP, 0.0, _STEP, 2 * _STEP)


def couples(activation: Any) -> bool:
    """Whether this is a softmax, which sets each channel against all others."""
    return any(activation is known for known in _COUPLING)


def is_elementwise(activation: Any) -> bool:
    """Whether this is a Keras activation of single values; None counts as one."""
    if activation is None or type(activation) in _LAYERS:
        return True
    return (
        callable(activation)
        and not isinstance(activation, keras.Layer)
        and (activation in _FUNCTIONS)
    )


def works_within_channels(
    activation: Callable[[Any], Any], shape: tuple[int, ...]
) -> bool:
    """Whether each output channel depends on the same input channel alone.

    Keras's own are known. A user's function may do anything, so it is tried: random
    subsets of the channels change, and the others must not. It must also be finite
    and not infinitely steep at zero, the value of a unit that is off.

    Args:
        activation: A function from tensor to tensor.
        shape: Shape of the tensors to try it on, channels last.
    """
    if is_named_by_keras(activation, "activations"):
        return activation is not keras.activations.glu and not couples(activation)
    generator = np.random.default_rng(0)
    values = generator.normal(size=shape).astype("float32")
    try:
        before = _run(activation, values)
        if before.shape != values.shape:
            return False
        if not _is_calm_at_zero(activation, shape):
            return False
        for _ in range(3):
            change = generator.permutation(shape[-1]) < (shape[-1] + 1) // 2
            after = _run(activation, values + change.astype("float32"))
            if not np.array_equal(after[..., ~change], before[..., ~change]):
                return False
    except Exception:  # What cannot be tried is not trusted, whatever it raises.
        return False
    return True


def _is_calm_at_zero(activation: Callable[[Any], Any], shape: tuple[int, ...]) -> bool:
    """Whether it is finite at zero, and no root: a slope without end is no gradient."""
    at = [_run(activation, np.full(shape, x, "float32")) for x in _AROUND_ZERO]
    slopes = np.diff(at, axis=0)[[0, -1]] / _STEP  # not across zero: a jump is no slope
    return bool(np.isfinite(at).all() and (np.abs(slopes) < 1e3).all())


def _run(activation: Callable[[Any], Any], values: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(activation(keras.ops.convert_to_tensor(values)))
