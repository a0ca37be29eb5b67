"""What goes, what stays, and why."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from hypermask_tf.compaction import CompactionReport, compact, compaction_report
from tests.compaction import dead
from tests.compaction.models import MODELS


def _off(layer, *units):
    """Zeroes the columns of some units; their biases stay."""
    kernel = np.asarray(layer.kernel).copy()
    kernel[..., list(units)] = 0
    layer.kernel.assign(kernel)


def _two_convolutions(padding, **kwargs):
    inputs = keras.Input((6, 6, 2))
    x = layers.Conv2D(5, 3, activation="sigmoid", name="first")(inputs)
    x = layers.Conv2D(4, 3, padding=padding, name="second", **kwargs)(x)
    model = keras.Model(inputs, layers.Flatten()(x))
    dead.shake(model)
    _off(model.get_layer("first"), 0, 3)
    return model


@pytest.mark.parametrize(("padding", "left"), [("valid", 3), ("same", 5)])
def test_a_constant_folds_unless_padding_breaks_it(padding, left):
    model = _two_convolutions(padding)
    smaller = compact(model)
    assert smaller.get_layer("first").filters == left
    dead.assert_same_function(model, smaller)


def test_a_layer_without_bias_gets_one_only_where_a_constant_needs_it():
    model = _two_convolutions("valid", use_bias=False)
    smaller = compact(model)
    assert smaller.get_layer("second").use_bias
    dead.assert_same_function(model, smaller)
    model.get_layer("first").bias.assign(np.full(5, -1e9))  # sigmoid is 0
    assert not compact(model).get_layer("second").use_bias


def test_a_layer_without_units_left_keeps_one():
    model = MODELS["dense_sigmoid"]()
    dead.shake(model)
    for layer in model.layers[1:-1]:
        _off(layer, *range(layer.units))
    smaller = compact(model)
    assert [layer.units for layer in smaller.layers[1:]] == [1, 1, 1, 3]
    dead.assert_same_function(model, smaller)


def test_a_shortcut_padded_with_zeros_keeps_no_dead_channel():
    inputs = keras.Input((6, 6, 4))
    x = ops.pad(inputs[:, ::2, ::2, :], [[0, 0], [0, 0], [0, 0], [2, 2]])
    y = layers.Conv2D(8, 3, strides=2, padding="same", name="branch")(inputs)
    x = layers.ReLU()(layers.Add()([x, y]))
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))
    dead.shake(model)
    branch = model.get_layer("branch")
    _off(branch, 0, 3, 7)
    branch.bias.assign(
        np.asarray(branch.bias) * (np.asarray(branch.kernel) != 0).any((0, 1, 2))
    )
    smaller = compact(model)
    assert smaller.get_layer("branch").filters == 6  # 3 carries an input
    dead.assert_same_function(model, smaller)


def test_a_group_of_which_nothing_is_left_goes():
    inputs = keras.Input((6, 6, 3))
    x = layers.Conv2D(8, 1, name="before")(inputs)
    x = layers.Conv2D(12, 3, groups=4, name="grouped")(x)
    model = keras.Model(inputs, layers.Conv2D(2, 1)(x))
    dead.shake(model)
    _off(model.get_layer("grouped"), 3, 4, 5, 9)  # all of group 1, one of group 3
    grouped = compact(model).get_layer("grouped")
    assert (grouped.groups, grouped.filters) == (3, 9)
    dead.assert_same_function(model, compact(model))


@keras.saving.register_keras_serializable("hypermask_tf_tests")
class _Reversed(layers.Dense):
    """A user's override may do anything, so its parent's rule must not hold."""

    def call(self, inputs):
        return super().call(inputs)[..., ::-1]


def test_unknown_layers_and_calls_in_training_mode_are_left_whole():
    inputs = keras.Input((6,))
    x = layers.Dense(8, "relu")(_Reversed(8, name="unknown")(inputs))
    inner_inputs = keras.Input((8,))
    inner = keras.Model(inner_inputs, layers.BatchNormalization()(inner_inputs))
    x = inner(inputs=layers.Dense(8, name="before")(x), training=True)
    x = layers.BatchNormalization(name="batch")(x, training=True)
    model = keras.Model(
        inputs,
        layers.Dense(2)(
            layers.TimeDistributed(layers.Dense(4))(
                layers.Reshape((2, 4))(layers.Dense(8)(x))
            )
        ),
    )
    dead.shake(model)
    dead.kill_units(model, 60)
    smaller = compact(model)
    assert smaller.get_layer("unknown").units == smaller.get_layer("before").units == 8
    statistics = [np.asarray(v).copy() for v in model.non_trainable_variables]
    expected = dead.outputs_of(model, size=8)[0]
    for variable, value in zip(model.non_trainable_variables, statistics, strict=True):
        variable.assign(value)
    np.testing.assert_allclose(
        dead.outputs_of(smaller, size=8)[0], expected, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "float32"])
def test_the_policy_stays_and_the_model_is_not_touched(policy):
    inputs = keras.Input((6,))
    x = layers.Dense(9, "sigmoid", dtype=policy)(inputs)
    model = keras.Model(inputs, layers.Dense(2, dtype=policy)(x))
    dead.shake(model)
    _off(model.layers[1], 2, 4)
    before = [np.asarray(v).copy() for v in model.variables]
    smaller = compact(model)
    assert smaller.layers[1].units == 7
    assert smaller.layers[1].dtype_policy.name == policy
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    tolerance = 0.03 if "bfloat" in policy else 1e-5
    outputs = [dead.outputs_of(m)[0].astype("float32") for m in (model, smaller)]
    np.testing.assert_allclose(*outputs, rtol=tolerance, atol=tolerance)


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
    model.get_layer("high").bias.assign(np.full(6, 1e3))
    reader.kernel.assign(np.asarray(reader.kernel) * (np.arange(6) > 2)[:, None])
    dead.assert_same_function(model, compact(model))


def test_nested_models_with_several_inputs():
    a, b = keras.Input((6,), name="a"), keras.Input((5,), name="b")
    joint = layers.Concatenate()([layers.ReLU()(a), b])
    inner = keras.Model({"a": a, "b": b}, layers.Dense(4, "sigmoid")(joint))
    inputs = keras.Input((3,))
    ends = [
        inner({"a": layers.Dense(6)(inputs), "b": layers.Dense(5, "tanh")(inputs)})
        for _ in range(2)
    ]
    model = keras.Model(inputs, layers.Dense(2)(layers.Concatenate()(ends)))
    dead.shake(model)
    inner.layers[-1].kernel.assign(
        np.asarray(inner.layers[-1].kernel) * (np.arange(11) % 3 != 0)[:, None]
    )
    smaller = compact(model)
    widths = compaction_report(model, smaller).units
    assert sorted(after for _, after in widths.values()) == [2, 3, 3, 4, 4, 4]
    dead.assert_same_function(model, smaller)


def test_masks_of_sequences_pass():
    inputs = keras.Input((7,), dtype="int32")
    x = layers.Embedding(5, 6, mask_zero=True)(inputs)
    x = layers.Dense(8, "sigmoid")(layers.Dropout(0.2)(layers.Dense(8)(x)))
    x = layers.Add()([x, layers.Dense(8, "relu")(x)])
    x = layers.Concatenate()([layers.LSTM(4)(x), layers.GlobalAveragePooling1D()(x)])
    model = keras.Model(inputs, layers.Dense(2)(x))
    dead.shake(model)
    dead.kill_units(model, 60)
    x = np.array([[1, 2, 4, 0, 0, 0, 0], [3, 1, 2, 2, 4, 1, 1]])
    smaller = compact(model)
    np.testing.assert_allclose(smaller(x), model(x), rtol=1e-5, atol=1e-5)


def test_a_model_without_a_graph_is_refused():
    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(ValueError, match=r"Received: Own named 'own"):
        compact(Own())
    with pytest.raises(ValueError, match="Received: Sequential"):
        compact(keras.Sequential([layers.Dense(2)]))


def test_a_report_compares_a_model_with_its_compaction():
    model = _two_convolutions("valid")
    report = compaction_report(model, compact(model))
    assert report.units == {"first": (5, 3), "second": (4, 4)}
    assert isinstance(report, CompactionReport)
    assert str(report).splitlines()[1].split() == ["first", "5", "3"]
    with pytest.raises(ValueError, match="in one only"):
        compaction_report(model, MODELS["dense_relu"]())
