"""A dead channel holds its bias, positive or negative, whatever works on it then."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from hypermask_tf.compaction import compact
from tests.compaction import dead

_ACTIVATIONS = (
    "celu elu exponential gelu hard_shrink hard_sigmoid hard_silu hard_tanh "
    "leaky_relu linear log_sigmoid mish relu relu6 selu sigmoid silu soft_shrink "
    "softplus softsign sparse_plus sparse_sigmoid squareplus tanh tanh_shrink"
).split()
_OPERATIONS = (
    "negative abs square sign sin cos erf exp expm1 arctan relu sigmoid tanh".split()
)
# What a constant goes through, as another constant.
PASSES = {
    **{f"{name} layer": layers.Activation(name) for name in _ACTIVATIONS},
    **{f"{name} operation": getattr(ops, name) for name in _OPERATIONS},
    "PReLU": layers.PReLU(),
    "PReLU, slopes per channel": layers.PReLU(shared_axes=[1]),
    "LeakyReLU": layers.LeakyReLU(0.3),
    "ReLU with all arguments": layers.ReLU(1.0, 0.2, 0.3),
    "ELU": layers.ELU(0.7),
    "Rescaling": layers.Rescaling(-1.5, offset=0.3),
    "Dropout": layers.Dropout(0.4),
    "BatchNormalization": layers.BatchNormalization(),
    "BatchNormalization without scale": layers.BatchNormalization(scale=False),
    "BatchNormalization without center": layers.BatchNormalization(center=False),
    "GroupNormalization": layers.GroupNormalization(-1),
    "GroupNormalization without center": layers.GroupNormalization(-1, center=False),
    "clip": lambda x: ops.clip(x, -0.2, 0.3),
    "root": lambda x: ops.sqrt(x + 3.0),
    "logarithm": lambda x: ops.log1p(ops.square(x)),
    "half": lambda x: x / 2.0,
    "one less": lambda x: 1.0 - x,
    "times itself": lambda x: x * x,
    "plus itself": lambda x: layers.Add()([x, x]),
    "minus itself": lambda x: layers.Subtract()([x, ops.tanh(x)]),
    "average with itself": lambda x: layers.Average()([x, ops.exp(x)]),
    "largest with itself": lambda x: ops.maximum(x, -x),
    "smallest with itself": lambda x: layers.Minimum()([x, ops.square(x)]),
    "mean of places": lambda x: ops.mean(x, axis=1, keepdims=True),
    "sum of places": lambda x: ops.sum(x, axis=1, keepdims=True),
    "product of places": lambda x: ops.prod(x, axis=1, keepdims=True),
    "variance of places": lambda x: ops.var(x, axis=1, keepdims=True),
    "deviation of places": lambda x: ops.std(x + 0.0, axis=1, keepdims=True),
    "places behind each other": lambda x: ops.concatenate([x, x], axis=1),
    "channels behind each other": lambda x: ops.concatenate([x, x], axis=-1),
    "channels in another order": lambda x: ops.concatenate(
        [x[..., 3:], x[..., :3]], axis=-1
    ),
    "flat": layers.Flatten(),
    "half of the places": lambda x: ops.split(x, 2, axis=1)[1],
    "depthwise": layers.DepthwiseConv1D(2, depth_multiplier=2, activation="tanh"),
    "separable": layers.SeparableConv1D(5, 2, activation="tanh"),
    "grouped": layers.Conv1D(6, 2, groups=3, activation="tanh"),
}
# Where some of the four may stay: those below zero, for their places have different
# slopes, and one for each group of two, since groups are of one size.
_MAY_STAY = {"PReLU": 2, "grouped": 2}


@pytest.mark.parametrize("name", PASSES)
def test_the_function_stays_and_the_channel_goes(name):
    inputs = keras.Input((4, 3))
    first = layers.Dense(6, name="first")
    between = PASSES[name]
    x = between(first(inputs))
    model = keras.Model(inputs, layers.Flatten()(layers.Dense(4)(x)))
    dead.shake(model)
    kernel, _ = first.get_weights()
    kernel[:, [0, 2, 3, 5]] = 0
    first.set_weights([kernel, np.array([0.6, 0.1, 0.0, -0.7, 0.2, -0.1])])
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    assert smaller.get_layer("first").units <= 2 + _MAY_STAY.get(name, 0)


_NORMS = {
    "BatchNormalization": layers.BatchNormalization,
    "GroupNormalization": lambda **kwargs: layers.GroupNormalization(-1, **kwargs),
}


@pytest.mark.parametrize("kind", _NORMS)
def test_channels_without_scale_hold_their_offset(kind):
    """And those of a negative scale are as alive as others."""
    inputs = keras.Input((5, 3))
    norm = _NORMS[kind](name="norm")
    x = norm(layers.Dense(6, name="first")(inputs))
    model = keras.Model(inputs, layers.Flatten()(layers.Dense(4)(x)))
    dead.shake(model)
    norm.gamma.assign([0.0, -1.0, 1.5, 0.0, -0.2, 0.7])
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    assert smaller.get_layer("first").units == 4
    np.testing.assert_allclose(smaller.get_layer("norm").gamma, [-1, 1.5, -0.2, 0.7])


def test_different_constants_behind_each_other_are_none():
    """Half of the places hold one value, the others another one."""
    inputs = keras.Input((4, 3))
    ends = [layers.Dense(6, name=name)(inputs) for name in ("one", "other")]
    x = layers.Dense(4)(ops.concatenate(ends, axis=1))
    model = keras.Model(inputs, layers.Flatten()(x))
    dead.shake(model)
    for name, biases in (("one", [0.5, 0.5, 0.0]), ("other", [0.5, -0.5, 0.0])):
        kernel, bias = model.get_layer(name).get_weights()
        kernel[:, :3], bias[:3] = 0, biases
        model.get_layer(name).set_weights([kernel, bias])
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    assert [smaller.get_layer(name).units for name in ("one", "other")] == [4, 4]


@pytest.mark.parametrize("flat", [True, False])
def test_places_of_one_channel_with_different_constants(flat):
    """A reshape gathers six positions to three channels, or the other way round."""
    inputs = keras.Input((3,))
    first = layers.Dense(6, name="first")
    x = layers.Reshape((2, 3))(first(inputs))
    x = layers.Flatten()(layers.ReLU()(x)) if flat else layers.Conv1D(4, 1)(x)
    model = keras.Model(inputs, layers.Dense(4)(x) if flat else layers.Flatten()(x))
    dead.shake(model)
    kernel, bias = first.get_weights()
    kernel[:, [0, 1, 3, 4]] = 0
    bias[[0, 1, 3, 4]] = [0.5, 0.3, 0.5, -0.3]  # channel 0 is constant, 1 is not
    first.set_weights([kernel, bias])
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    assert smaller.get_layer("first").units == 4


@pytest.mark.parametrize("other", [None, 0, 1, 3])
def test_a_column_of_an_embedding_is_constant_if_all_rows_agree(other):
    inputs = keras.Input((4,), dtype="int32")
    table = layers.Embedding(4, 5, name="table")
    x = layers.Dense(3)(table(ops.absolute(inputs)))
    model = keras.Model(inputs, layers.Flatten()(x))
    dead.shake(model)
    values = np.asarray(table.embeddings).copy()
    values[:, 2] = np.where(np.arange(4) == other, 0.7, 0.5)
    table.embeddings.assign(values)
    smaller = compact(model)
    x = np.arange(12).reshape(3, 4) % 4
    np.testing.assert_allclose(smaller(x), model(x), rtol=1e-5, atol=1e-5)
    assert smaller.get_layer("table").output_dim == (4 if other is None else 5)
