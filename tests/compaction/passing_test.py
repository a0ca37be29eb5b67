"""Through which layers and operations what is off goes, and around which it stays."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from hypermask_tf.compaction import compact
from tests.compaction import dead


def _off(layer, *units):
    """Zeroes the columns of some units; their biases stay."""
    kernel = np.asarray(layer.kernel).copy()
    kernel[..., list(units)] = 0
    layer.kernel.assign(kernel)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_channels_pass_whatever_the_dtype_and_however_many(policy):
    """More channels than half precision can count."""
    inputs = keras.Input((4, 4, 3))
    x = layers.Conv2D(300, 1, activation="relu", dtype=policy, name="wide")(inputs)
    x = layers.MaxPooling2D(dtype=policy)(x)
    x = layers.AveragePooling2D(2, dtype=policy)(layers.ZeroPadding2D(dtype=policy)(x))
    x = layers.Flatten(dtype=policy)(x)
    model = keras.Model(inputs, layers.Dense(2, dtype="float32")(x))
    dead.shake(model)
    wide = model.get_layer("wide")
    wide.set_weights([w * (np.arange(300) % 20 == 3) for w in wide.get_weights()])
    smaller = compact(model)
    assert smaller.get_layer("wide").filters == 15
    tolerance = 1e-5 if policy == "float32" else 0.03
    outputs = [dead.outputs_of(m)[0] for m in (model, smaller)]
    np.testing.assert_allclose(*outputs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("width", [2, 16, 20, 300])
def test_channels_that_change_places_are_left_whole(width):
    inputs = keras.Input((3,))
    x = layers.Dense(width, name="before")(inputs)[:, ::-1]
    model = keras.Model(inputs, layers.Dense(2)(x))
    dead.shake(model)
    _off(model.get_layer("before"), 0)
    smaller = compact(model)
    assert smaller.get_layer("before").units == width
    dead.assert_same_function(model, smaller)


_BETWEEN = {
    "resizing": layers.Resizing(9, 7),
    "padded": layers.Resizing(9, 5, pad_to_aspect_ratio=True),
    "crop": layers.CenterCrop(3, 4),
    "sqrt": ops.sqrt,
    "log1p": ops.log1p,
    "sum": lambda x: ops.sum(x, axis=1, keepdims=True),
    "prod": lambda x: ops.prod(x[:, :2], axis=(1, -2), keepdims=True),
    "std": lambda x: ops.std(x, axis=2, keepdims=True),
    "var": lambda x: ops.var(x, axis=(0, 2), keepdims=True),
    "swapaxes": lambda x: ops.swapaxes(x, 1, -2),
    "moveaxis": lambda x: ops.moveaxis(x, 2, 1),
    "group norm": layers.GroupNormalization(-1),
    "split": lambda x: layers.Add()(ops.split(x, 2, axis=1)),
    "split channels": lambda x: ops.concatenate(ops.split(x, [3, 5], axis=-1), axis=-1),
    "slices": lambda x: layers.Concatenate()([x[..., 5:], x[..., 3:5], x[..., :3]]),
}


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
@pytest.mark.parametrize("name", _BETWEEN)
def test_what_is_off_goes_whatever_it_passes(name, activation):
    """Zeros and, of a sigmoid, constants."""
    inputs = keras.Input((6, 6, 2))
    x = layers.Conv2D(8, 1, activation=activation, name="first")(inputs)
    x = layers.Conv2D(4, 1)(_BETWEEN[name](x))
    model = keras.Model(inputs, layers.GlobalMaxPooling2D()(x))
    dead.shake(model)
    first, on = model.get_layer("first"), np.arange(8) % 3 != 1
    first.set_weights([weights * on for weights in first.get_weights()])
    smaller = compact(model)
    kept_by_constants = activation == "sigmoid" and name in ("padded", "var")
    assert smaller.get_layer("first").filters == (8 if kept_by_constants else 5)
    dead.assert_same_function(model, smaller)


@keras.saving.register_keras_serializable("hypermask_tf_tests")
def _halved(x):
    return x * 0.5


_AROUND = {
    "own activation": layers.Activation(_halved),
    "array_split": lambda x: ops.concatenate(ops.array_split(x, 3, axis=-1), axis=-1),
    "steps": lambda x: ops.concatenate([x[..., ::2], x[..., 1::2]], axis=-1),
    "another axis": lambda x: ops.swapaxes(x, 1, 3),
    "logarithm": lambda x: ops.log(x + 1.0),
    "division": lambda x: x / (x + 1.0),
    "constant": lambda x: x * np.arange(8.0),
    "layer norm": layers.LayerNormalization(),
    "group norm": layers.GroupNormalization(2),
}


@pytest.mark.parametrize("name", _AROUND)
def test_what_is_off_stays_around(name):
    inputs = keras.Input((6, 6, 2))
    x = layers.Conv2D(8, 1, activation="relu", name="first")(inputs)
    x = layers.Conv2D(4, 1)(_AROUND[name](x))
    model = keras.Model(inputs, layers.GlobalMaxPooling2D()(x))
    dead.shake(model)
    _off(model.get_layer("first"), 1, 4, 7)
    smaller = compact(model)
    assert smaller.get_layer("first").filters == 8
    dead.assert_same_function(model, smaller)


def test_columns_of_an_embedding_go():
    first, second = (keras.Input((size,), dtype="int32") for size in (5, None))
    table = layers.Embedding(6, 12)
    ends = [layers.Dense(6, "tanh")(table(ops.absolute(x))) for x in (first, second)]
    ends = [layers.GlobalAveragePooling1D()(x) for x in ends]
    model = keras.Model([first, second], layers.Dense(2)(layers.Add()(ends)))
    dead.shake(model)
    table.set_weights([w * (np.arange(12) % 3 == 1) for w in table.get_weights()])
    smaller = compact(model)
    (left,) = [x for x in smaller.layers if isinstance(x, layers.Embedding)]
    assert left.output_dim == 4
    dead.assert_same_function(model, smaller)


def test_a_root_is_not_taken_of_what_nothing_needs():
    """A channel may stay because another one must. Its value stays with it then."""
    inputs = keras.Input((4,))
    norm = layers.BatchNormalization()  # shared, so both or none lose a channel
    high = norm(layers.Dense(6, name="high")(inputs))
    other = norm(layers.Dense(6)(inputs))
    reader = layers.Dense(2, name="reader")
    root = reader(ops.sqrt(high - 9.0))
    model = keras.Model(inputs, layers.Add()([root, layers.Dense(2)(other)]))
    dead.shake(model)
    norm.gamma.assign(np.abs(norm.gamma))
    model.get_layer("high").bias.assign(np.full(6, 1e3))
    reader.kernel.assign(np.asarray(reader.kernel) * (np.arange(6) > 2)[:, None])
    dead.assert_same_function(model, compact(model))
