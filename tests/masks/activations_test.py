import keras
import numpy as np
import pytest
from keras import ops

from hypermask_tf.masks import activations

_SCORES = np.array([-2.0, -0.1, 0.05, 0.7, 3.0], "float32")
_KEEP = np.array([True, False, False, True, True])
_SLOPE = 1 - np.tanh(_SCORES.astype("float64")) ** 2
_SOFT = np.tanh(_SCORES)

_EXPECTED = {
    # name: (values, gradients of their sum)
    "abs_tanh": (np.where(_KEEP, np.abs(_SOFT), 0), _KEEP * np.sign(_SCORES) * _SLOPE),
    "tanh": (np.where(_KEEP, _SOFT, 0), _KEEP * _SLOPE),
    "binary": (_KEEP.astype("float32"), np.sign(_SCORES) * _SLOPE),
}


def _gradient(function, value):
    if keras.backend.backend() == "jax":
        import jax

        return jax.grad(lambda x: ops.sum(function(x)))(value)
    import tensorflow as tf

    variable = tf.Variable(value)
    with tf.GradientTape() as tape:
        total = ops.sum(function(variable))
    return tape.gradient(total, variable)


@pytest.mark.parametrize("name", sorted(_EXPECTED))
def test_values_and_gradients(name):
    values, gradients = _EXPECTED[name]
    activation = activations.get(name)
    got = ops.convert_to_numpy(activation(ops.convert_to_tensor(_SCORES), _KEEP))
    np.testing.assert_allclose(got, values, rtol=1e-6)
    gradient = _gradient(lambda x: activation(x, _KEEP), _SCORES)
    np.testing.assert_allclose(ops.convert_to_numpy(gradient), gradients, rtol=1e-4)


@pytest.mark.parametrize("name", sorted(_EXPECTED))
def test_off_is_exactly_zero(name):
    got = activations.get(name)(ops.convert_to_tensor(_SCORES), _KEEP)
    assert (ops.convert_to_numpy(got)[~_KEEP] == 0).all()


def test_every_activation_is_tested():
    assert activations.ACTIVATIONS.keys() == _EXPECTED.keys()


def test_an_unknown_name():
    with pytest.raises(ValueError, match=r"one of \['abs_tanh', 'binary', 'tanh'\]"):
        activations.get("relu")
