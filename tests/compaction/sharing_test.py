"""Layers and nested models that are called more than once."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from hypermask_tf.compaction import compact
from tests.compaction import dead


def _off(layer, *units):
    """Zeroes the columns of some units and their biases."""
    kernel, *bias = layer.get_weights()
    kernel[..., list(units)] = 0
    for values in bias:
        values[list(units)] = 0
    layer.set_weights([kernel, *bias])


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_a_nested_model_without_weights_on_two_tensors(activation):
    """Its input has one width, so what goes of one tensor goes of both."""
    a, b = keras.Input((6,)), keras.Input((6,))
    inner = keras.Model([a, b], layers.Multiply()([layers.ReLU()(a), ops.tanh(b)]))
    inputs = keras.Input((4,))
    ends = [layers.Dense(6, activation, name=name)(inputs) for name in "pqrs"]
    x = layers.Concatenate()([inner(ends[:2]), inner(ends[2:])])
    model = keras.Model(inputs, layers.Dense(3)(x))
    dead.shake(model)
    for name, units in (("p", (0, 1, 5)), ("q", (0, 5)), ("r", (0, 2, 5)), ("s", (5,))):
        _off(model.get_layer(name), *units)
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    widths = {smaller.get_layer(name).units for name in "pqrs"}
    assert len(widths) == 1 and widths <= {4, 5, 6}


def test_a_nested_model_called_on_its_own_output():
    inside = keras.Input((5,))
    middle = layers.Dense(7, "sigmoid", name="middle")(inside)
    inner = keras.Model(inside, layers.Dense(5, "tanh", name="end")(middle))
    inputs = keras.Input((4,))
    x = inner(inner(layers.Dense(5, "relu", name="first")(inputs)))
    model = keras.Model(inputs, layers.Dense(3)(x))
    dead.shake(model)
    _off(inner.get_layer("middle"), 1, 2)
    _off(inner.get_layer("end"), 0, 3)
    _off(model.get_layer("first"), 0)
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    small = next(x for x in smaller.layers if isinstance(x, keras.Model))
    assert [small.get_layer(n).units for n in ("middle", "end")] == [5, 4]
    assert smaller.get_layer("first").units == 4


@pytest.mark.parametrize("first", [0.0, 0.4])
def test_a_layer_on_its_own_output_folds_what_both_calls_agree_on(first):
    """Its kernel reads other units with the same rows in each call."""
    inputs = keras.Input((4,))
    twice = layers.Dense(6, name="twice")
    before = layers.Dense(6, name="before")
    x = twice(twice(before(inputs)))
    model = keras.Model(inputs, layers.Dense(3)(x))
    dead.shake(model)
    for layer, units in ((before, [0, 1, 2]), (twice, [0, 1, 4])):
        kernel, bias = layer.get_weights()
        kernel[:, units], bias[units] = 0, first
        layer.set_weights([kernel, bias])
    bias = np.asarray(twice.bias).copy()
    bias[1] = first + 0.5  # here the calls do not agree
    twice.bias.assign(bias)
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    assert smaller.get_layer("twice").units == smaller.get_layer("before").units == 5


def test_what_only_one_call_needs_is_there_in_all():
    inputs = keras.Input((4,))
    shared = layers.Dense(6, "sigmoid", name="shared")
    ends = [shared(layers.Dense(5, "tanh", name=name)(inputs)) for name in "ab"]
    readers = [layers.Dense(3, use_bias=False, name=f"of_{name}") for name in "ab"]
    outputs = layers.Add()([read(x) for read, x in zip(readers, ends, strict=True)])
    model = keras.Model(inputs, outputs)
    dead.shake(model)
    for reader, rows in zip(readers, ([0, 1, 2], [2, 3, 4]), strict=True):
        kernel = np.asarray(reader.kernel).copy()
        kernel[rows] = 0
        reader.kernel.assign(kernel)
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    assert smaller.get_layer("shared").units == 5  # but for unit 2


@pytest.mark.parametrize("function", [ops.sqrt, ops.log1p], ids=["sqrt", "log1p"])
def test_no_root_of_what_stays_because_of_others(function):
    """What stays unneeded holds its value in front of a root, and so does its source.

    The root of `high` needs some of its units, `a` and `b` have a normalisation in
    common: a unit of `b` stays only because `high` cannot do without that of `a`.
    """
    inputs = keras.Input((4,))
    of_ab, of_high = layers.BatchNormalization(), layers.BatchNormalization()
    a, b = (of_ab(layers.Dense(5, name=name)(inputs)) for name in "ab")
    high = of_high(layers.Dense(6, name="high")(a))
    other = of_high(layers.Dense(6)(inputs))
    readers = [layers.Dense(2, name=name) for name in ("of_high", "of_b")]
    ends = [
        readers[0](function(high - 9.0)),
        readers[1](function(b - 9.0)),
        layers.Dense(2)(other),
    ]
    model = keras.Model(inputs, layers.Add()(ends))
    dead.shake(model)
    for norm in (of_ab, of_high):
        norm.gamma.assign(np.abs(norm.gamma))
    for name in ("b", "high"):
        layer = model.get_layer(name)
        layer.bias.assign(np.full(layer.units, 1e3))
    rows = np.asarray(readers[0].kernel) * (np.arange(6) > 2)[:, None]
    readers[0].kernel.assign(rows)
    rows = np.asarray(readers[1].kernel) * (np.arange(5) != 1)[:, None]
    readers[1].kernel.assign(rows)
    kernel = np.asarray(model.get_layer("high").kernel).copy()
    kernel[1, 3:] = 0  # unit 1 of `a` serves units of `high` that nobody reads
    model.get_layer("high").kernel.assign(np.abs(kernel))
    model.get_layer("a").bias.assign(np.full(5, 10.0))
    dead.assert_same_function(model, compact(model))


@pytest.mark.parametrize(
    "activation",
    [layers.Softmax(), layers.PReLU(), layers.Activation("softmax"), layers.ReLU()],
    ids=lambda layer: type(layer).__name__,
)
def test_a_layer_as_an_activation(activation):
    """One that couples the channels, one with weights, and one that is neither."""
    inputs = keras.Input((4,))
    activation = type(activation).from_config(activation.get_config())
    x = layers.Dense(6, activation, name="first")(inputs)
    model = keras.Model(inputs, layers.Dense(3)(x))
    dead.shake(model)
    _off(model.get_layer("first"), 1, 4)
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    plain = isinstance(activation, layers.ReLU)
    assert smaller.get_layer("first").units == (4 if plain else 6)


def test_a_group_whose_filters_nobody_reads_but_whose_inputs_somebody_does():
    inputs = keras.Input((5, 5, 3))
    x = layers.Conv2D(8, 1, activation="relu", name="before")(inputs)
    y = layers.Conv2D(8, 3, groups=4, padding="same", name="grouped")(x)
    ends = [layers.Conv2D(2, 1, name="of_groups")(y), layers.Conv2D(2, 1)(x)]
    model = keras.Model(inputs, layers.Add()(ends))
    dead.shake(model)
    kernel = np.asarray(model.get_layer("of_groups").kernel).copy()
    kernel[..., [2, 3, 6], :] = 0  # all of group 1, one of group 3
    model.get_layer("of_groups").kernel.assign(kernel)
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    assert smaller.get_layer("before").filters == 8
