"""Unit graphs of well-known kinds of models, and their masks."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from hypermask_tf.masks import UnitLayout, find_roles
from hypermask_tf.units import FIXED, UnitGraph
from tests.units.brute_force import Probe, alive_array, fill, makers, readers

_IMAGE = (6, 6, 2)


class _Opaque(layers.Layer):
    """A layer of a user's own, which no rule knows."""

    def build(self, shape):
        self.kernel = self.add_weight((shape[-1], shape[-1]), name="kernel")

    def call(self, inputs):
        return ops.matmul(inputs, self.kernel)


class _OwnDense(layers.Dense):
    """A user's override may do anything, so its parent's rule must not hold."""

    def call(self, inputs):
        return super().call(inputs)[..., ::-1]


def _model(inputs, x):
    if len(x.shape) == 4:
        x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(3, name="logits")(x))


def _conv(x, filters, **kwargs):
    return layers.Conv2D(filters, 3, padding="same", **kwargs)(x)


def mlp():
    inputs = keras.Input((5,))
    return _model(inputs, layers.Dense(4, "relu")(layers.Dense(6, "tanh")(inputs)))


def sequential():
    return keras.Sequential(
        [keras.Input((5,)), layers.Dense(6, "relu"), layers.Dense(4), layers.Dense(3)]
    )


def convnet():
    inputs = keras.Input(_IMAGE)
    x = layers.ReLU()(layers.BatchNormalization()(_conv(inputs, 4)))
    x = layers.MaxPooling2D()(x)
    return _model(inputs, layers.Dense(5, "relu")(layers.Flatten()(x)))


def depthwise():
    inputs = keras.Input(_IMAGE)
    x = layers.DepthwiseConv2D(3)(_conv(inputs, 4))
    return _model(inputs, layers.BatchNormalization()(x))


def depthwise_twice_as_many():
    inputs = keras.Input(_IMAGE)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2)(_conv(inputs, 4))
    return _model(inputs, layers.BatchNormalization()(x))


def separable():
    inputs = keras.Input(_IMAGE)
    x = layers.SeparableConv2D(5, 3, depth_multiplier=2)(_conv(inputs, 4))
    return _model(inputs, layers.ReLU()(x))


def transposed():
    inputs = keras.Input(_IMAGE)
    x = layers.Conv2DTranspose(5, 3)(_conv(inputs, 4, activation="relu"))
    return _model(inputs, x)


def grouped():
    inputs = keras.Input(_IMAGE)
    x = _conv(inputs, 4, activation="relu")
    return _model(inputs, _conv(x, 6, groups=2))


def residual():
    inputs = keras.Input(_IMAGE)
    x = _conv(inputs, 4, activation="relu")
    y = layers.BatchNormalization()(_conv(_conv(x, 5, activation="relu"), 4))
    return _model(inputs, layers.ReLU()(layers.Add()([x, y])))


def residual_with_padded_shortcut():
    inputs = keras.Input(_IMAGE)
    x = _conv(inputs, 4, activation="relu")
    y = layers.BatchNormalization()(_conv(x, 20, strides=2))
    x = ops.pad(x[:, ::2, ::2, :], [[0, 0], [0, 0], [0, 0], [8, 8]])
    return _model(inputs, layers.ReLU()(layers.Add()([x, y])))


def residual_of_the_input():
    inputs = keras.Input(_IMAGE)
    y = _conv(_conv(inputs, 5, activation="relu"), 2)
    return _model(inputs, layers.Add()([inputs, y]))


def concatenated():
    inputs = keras.Input(_IMAGE)
    x = layers.Concatenate()([_conv(inputs, 3, activation="relu"), _conv(inputs, 4)])
    return _model(inputs, _conv(x, 4))


def squeeze_excite():
    inputs = keras.Input(_IMAGE)
    x = _conv(inputs, 4, activation="relu")
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.Conv2D(2, 1, activation="relu")(gate)
    gate = layers.Conv2D(4, 1, activation="sigmoid")(gate)
    return _model(inputs, layers.Multiply()([x, gate]))


def nested():
    inner_inputs = keras.Input((6,))
    inner = keras.Model(inner_inputs, layers.Dense(4, "relu")(inner_inputs))
    inputs = keras.Input((5,))
    return _model(inputs, inner(layers.Dense(6, "relu")(inputs)))


def nested_sequential():
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(4, "relu")])
    inputs = keras.Input((5,))
    return _model(inputs, inner(layers.Dense(6, "relu")(inputs)))


def siamese():
    shared, first, second = (
        layers.Dense(4, "relu"),
        keras.Input((5,)),
        keras.Input((5,)),
    )
    x = layers.Concatenate()([shared(first), shared(second)])
    return _model([first, second], x)


def twice_in_a_row():
    inputs = keras.Input((5,))
    shared = layers.Dense(4, "relu")
    return _model(inputs, shared(shared(layers.Dense(4, "relu")(inputs))))


def twice_from_the_input():
    """Its kernel reads the input in one call, its own units in the other."""
    inputs = keras.Input((4,))
    shared = layers.Dense(4, "relu")
    return _model(inputs, layers.Dense(5, "relu")(shared(shared(inputs))))


def twice_around_a_residual():
    inputs = keras.Input((5,))
    x = layers.Dense(4, "relu")(inputs)
    shared = layers.Dense(4, "tanh")
    return _model(inputs, layers.Add()([x, shared(shared(x))]))


def three_times():
    """Two calls read the same units, the third one reads others."""
    inputs = keras.Input((5,))
    first, second = layers.Dense(4, "relu")(inputs), layers.Dense(4, "tanh")(inputs)
    shared = layers.Dense(3)
    x = layers.Add()([shared(layers.ReLU()(first)), shared(first), shared(second)])
    return _model(inputs, layers.Concatenate()([x, first]))


def shared_normalisation():
    inputs, shared = keras.Input(_IMAGE), layers.BatchNormalization()
    depthwise = layers.DepthwiseConv2D(3, padding="same")
    x = layers.Concatenate()(
        [depthwise(shared(_conv(inputs, 4))), depthwise(shared(_conv(inputs, 4)))]
    )
    return _model(inputs, _conv(x, 3))


def recurrent():
    inputs = keras.Input((5, 2))
    x = layers.LSTM(4)(layers.Dense(6, "relu")(inputs))
    return _model(inputs, layers.Dense(4, "relu")(x))


def own_layer():
    inputs = keras.Input((5,))
    x = _Opaque(name="own")(layers.Dense(6, "relu")(inputs))
    return _model(inputs, layers.Dense(4, "relu")(x))


def own_dense():
    inputs = keras.Input((5,))
    x = _OwnDense(6, name="own")(inputs)
    return _model(inputs, layers.Dense(4, "relu")(x))


def normalised_across_units():
    inputs = keras.Input((5,))
    x = layers.LayerNormalization()(layers.Dense(6, "relu")(inputs))
    return _model(inputs, layers.Dense(4, "relu")(x))


# Builder: sizes of its groups of units, number of layers without a rule.
ZOO = {
    mlp: ((6, 4), 0),
    sequential: ((6, 4), 0),
    convnet: ((4, 5), 0),
    depthwise: ((4,), 0),
    depthwise_twice_as_many: ((4, 8), 0),
    separable: ((4, 5), 0),
    transposed: ((4, 5), 0),
    grouped: ((4, 6), 0),
    residual: ((4, 5), 0),
    residual_with_padded_shortcut: ((4, 16), 0),
    residual_of_the_input: ((5,), 0),
    concatenated: ((3, 4, 4), 0),
    squeeze_excite: ((4, 2), 0),
    nested: ((6, 4), 0),
    nested_sequential: ((6, 4), 0),
    siamese: ((4,), 0),
    twice_in_a_row: ((4, 4), 0),
    twice_from_the_input: ((4, 5), 0),
    twice_around_a_residual: ((4,), 0),
    three_times: ((4, 4, 3), 0),
    shared_normalisation: ((4, 3), 0),
    recurrent: ((6, 4), 1),
    own_layer: ((6, 4), 1),
    own_dense: ((4,), 1),
    normalised_across_units: ((6, 4), 0),
}
# Where some unit is seen by somebody whose weights cannot all be cut: another call of
# the layer, the mean over all units, and layers without a rule.
_NOT_ALL_REMOVABLE = (
    twice_in_a_row,
    twice_from_the_input,
    three_times,
    normalised_across_units,
    recurrent,
    own_layer,
)


@pytest.mark.parametrize("build", ZOO, ids=lambda build: build.__name__)
class TestZoo:
    def test_groups(self, build):
        graph = UnitGraph(build())
        assert (graph.group_sizes, len(graph.opaque)) == ZOO[build]

    def test_units_are_where_the_graph_says(self, build):
        probe = Probe(build())
        probe.check_where_units_are(exactly=False)
        assert probe.graph.removable.all() == (build not in _NOT_ALL_REMOVABLE)

    def test_no_row_is_cut_that_reads_something_else(self, build):
        Probe(build()).check_that_no_other_row_is_cut()

    def test_the_masks_of_the_layout_are_those_of_the_graph(self, build):
        model = build()
        fill(model, 0)
        layout = UnitLayout(model, find_roles(model), 50.0, "binary")
        scores = np.random.default_rng(3).normal(size=layout.num_scores)
        scores = ops.convert_to_tensor(scores, "float32")
        values = ops.convert_to_numpy(layout.values(scores))
        alive = alive_array(layout.graph, np.flatnonzero(values == 0))
        for variable, mask in zip(
            model.trainable_variables, layout.masks(scores), strict=True
        ):
            expected = makers(layout.graph, variable, alive) * readers(
                layout.graph, variable, alive
            )
            got = 1.0 if mask is None else ops.convert_to_numpy(mask)
            np.testing.assert_array_equal(
                np.broadcast_to(got, variable.shape), expected
            )

    def test_inputs_and_outputs_are_never_units(self, build):
        model = build()
        graph = UnitGraph(model)
        for variable in model.layers[-1].trainable_variables:
            spec = graph.units_of(variable)
            assert spec is None or (spec.out_units == FIXED).all()


def test_flatten_repeats_the_channels():
    model = convnet()
    kernel = next(v for v in model.trainable_variables if v.shape == (36, 5))
    (units,) = UnitGraph(model).units_of(kernel).in_units
    np.testing.assert_array_equal(units, np.tile(np.arange(4), 9))


def test_zeros_beside_the_channels_tie_nobody():
    model = residual_with_padded_shortcut()
    second = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)][1]
    spec = UnitGraph(model).units_of(second.kernel)
    # The convolution's outer channels are its own, the inner ones those of the first.
    expected = [*range(4, 12), *range(4), *range(12, 20)]
    np.testing.assert_array_equal(spec.out_units, expected)


def test_each_filter_of_a_grouped_convolution_reads_its_group():
    model = grouped()
    kernel = next(v for v in model.trainable_variables if v.shape == (3, 3, 2, 6))
    axes, (units,) = UnitGraph(model).units_of(kernel).reads
    assert axes == (2, 3)
    np.testing.assert_array_equal(units, [[0] * 3 + [2] * 3, [1] * 3 + [3] * 3])


def test_moving_statistics_belong_to_the_units():
    model = convnet()
    graph = UnitGraph(model, model.trainable_variables)
    layer = next(
        layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)
    )
    for variable in layer.weights:
        np.testing.assert_array_equal(graph.units_of(variable).out_units, range(4))
    assert len(layer.weights) == 4


def test_a_frozen_kernel_makes_no_units_and_cannot_be_cut():
    model = mlp()
    model.layers[2].trainable = False
    graph = UnitGraph(model, model.trainable_variables)
    assert graph.group_sizes == (6,)
    assert not graph.removable.any()
    assert list(graph.seen_by) == [model.layers[2].name]


def test_a_narrow_input_reaches_every_channel():
    inputs = keras.Input(_IMAGE)
    x = _conv(inputs, 4) * _conv(inputs, 1, activation="sigmoid")
    assert UnitGraph(_model(inputs, x)).group_sizes == (4,)


def test_summary():
    lines = []
    inputs = keras.Input((5,))
    x = first = layers.Dense(6, name="first")(inputs)
    x = layers.LayerNormalization(name="norm")(x)
    x = layers.Add(name="sum")([first, layers.Dense(6, name="second")(x)])
    x = layers.LSTM(2, name="lstm")(layers.Reshape((2, 3))(layers.Dense(6)(x)))
    graph = UnitGraph(keras.Model(inputs, layers.Dense(3, name="logits")(x)))
    graph.summary(lines.append)
    title, row, *_ = lines[0].splitlines()
    assert title.split("  ")[0] == "group"
    for name in ("first, second", "norm", "sum"):
        assert name in row
    assert "layers without a rule: reshape" in lines[0]
    assert "layers that couple channels: norm" in lines[0]
    (group, last) = graph.groups()
    assert (group.makers, group.scalers) == (["first", "second"], ["norm"])
    assert (group.ties, group.seen_by) == (["sum"], ["norm"])
    assert len(last.units) == 6


class _OwnCall(keras.Model):
    """Has a graph, which its call does not follow."""

    def call(self, inputs):
        return -super().call(inputs)


class _OwnSequentialCall(keras.Sequential):
    def call(self, inputs):
        return -super().call(inputs)


class _OwnName(keras.Model):
    """Adds nothing to what Keras does."""


@pytest.mark.parametrize("nested", [False, True])
def test_a_graph_that_the_call_does_not_follow(nested):
    inputs = keras.Input((5,))
    hidden = layers.Dense(6)(inputs)
    functional = _OwnCall(inputs, layers.Dense(3)(hidden), name="own")
    sequential = _OwnSequentialCall([inputs, layers.Dense(3)], name="own")
    for model in (functional, sequential):
        if nested:
            graph = UnitGraph(_model(inputs, layers.Dense(4)(model(inputs))))
            assert (graph.group_sizes, graph.opaque) == ((4,), ["own"])
        else:
            with pytest.raises(ValueError, match=r"Received: _Own.*its own `call`"):
                UnitGraph(model)
    assert UnitGraph(_OwnName(inputs, layers.Dense(3)(hidden))).group_sizes == (6,)


def test_a_subclassed_model_has_no_graph():
    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, inputs):
            return self.dense(inputs)

    model = Subclassed()
    model(np.zeros((1, 3), "float32"))
    with pytest.raises(ValueError, match=r"WeightMasks.*Received: Subclassed"):
        UnitGraph(model)


def test_channels_first():
    inputs = keras.Input((2, 6, 6))
    x = layers.Conv2D(4, 3, data_format="channels_first", name="first")(inputs)
    x = layers.GlobalAveragePooling2D(data_format="channels_first")(x)
    with pytest.raises(ValueError, match=r"channels-last.*'first'.*channels_first"):
        UnitGraph(keras.Model(inputs, layers.Dense(2)(x)))
