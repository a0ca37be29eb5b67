"""What goes, what stays, and why."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from hypermask_tf.compaction import CompactionReport, compact, compaction_report
from tests.compaction import dead
from tests.compaction.model_shapes import MODELS


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
