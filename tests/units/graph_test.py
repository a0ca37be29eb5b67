"""The unit graph against brute force: what a unit makes, and who reads it."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from hypermask_tf.masks import UnitLayout, find_roles
from hypermask_tf.units import FIXED, UnitGraph

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
    residual_of_the_input: ((5,), 0),
    concatenated: ((3, 4, 4), 0),
    squeeze_excite: ((4, 2), 0),
    nested: ((6, 4), 0),
    nested_sequential: ((6, 4), 0),
    siamese: ((4,), 0),
    twice_in_a_row: ((4, 4), 0),
    recurrent: ((6, 4), 1),
    own_layer: ((6, 4), 1),
    own_dense: ((4,), 1),
    normalised_across_units: ((6, 4), 0),
}
# Where a unit's own weights must be zero too, because somebody reads it whose weights
# cannot all be cut: groups, other calls of the layer, the mean over all units, and
# layers without a rule.
_NOT_SILENCED_BY_READERS = (
    grouped,
    twice_in_a_row,
    normalised_across_units,
    recurrent,
    own_layer,
)


def _filled(build):
    model = build()
    generator = np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(generator.uniform(0.3, 1.0, variable.shape))
    for variable in model.trainable_variables:
        variable.assign(variable * generator.choice([-1.0, 1.0], variable.shape))
    return model


def _inputs(model):
    generator = np.random.default_rng(1)
    return [
        generator.normal(size=(3, *t.shape[1:])).astype("float32") for t in model.inputs
    ]


def _alive(graph):
    alive = np.ones(graph.num_units + 1)  # the last place is that of FIXED, -1
    start = 0
    for size in graph.group_sizes:
        alive[start : start + max(size // 2, 1)] = 0
        start += size
    generator = np.random.default_rng(2)
    alive[:-1] = generator.permuted(alive[:-1])
    return alive


def _spread(values, axes, rank):
    shape = [1] * rank
    for axis, size in zip(axes, values.shape, strict=True):
        shape[axis] = size
    return values.reshape(shape)


def _makers(graph, variable, alive):
    """1 where the weights that make alive units are, 0 for those of dead ones."""
    spec = graph.units_of(variable)
    mask = np.ones(variable.shape)
    if spec is not None:
        mask = mask * _spread(alive[spec.out_units], spec.out_axes, mask.ndim)
    return mask


def _readers(graph, variable, alive):
    """1 where the weights that read alive units are, 0 for those of dead ones."""
    spec = graph.units_of(variable)
    mask = np.ones(variable.shape)
    if spec is not None and spec.in_axis is not None:
        rows = np.max([alive[units] for units in spec.in_units], axis=0)
        mask = mask * _spread(rows, (spec.in_axis,), mask.ndim)
    return mask


def _run(model, change):
    values = [
        ops.convert_to_tensor(change(v, ops.convert_to_numpy(v)), "float32")
        for v in model.trainable_variables
    ]
    fixed = [ops.convert_to_tensor(v) for v in model.non_trainable_variables]
    inputs = _inputs(model)
    inputs = inputs if len(inputs) > 1 else inputs[0]
    return ops.convert_to_numpy(model.stateless_call(values, fixed, inputs)[0])


@pytest.mark.parametrize("build", ZOO, ids=lambda build: build.__name__)
class TestZoo:
    def test_groups(self, build):
        graph = UnitGraph(build())
        assert (graph.group_sizes, len(graph.opaque)) == ZOO[build]

    def test_a_unit_without_makers_is_read_as_zero(self, build):
        model = _filled(build)
        graph = UnitGraph(model)
        alive = _alive(graph)
        unread = _run(
            model,
            lambda v, w: w * _makers(graph, v, alive) * _readers(graph, v, alive),
        )
        # Whatever its readers' rows hold, they multiply an exact zero.
        read = _run(
            model,
            lambda v, w: (
                w * _makers(graph, v, alive) * (5 - 4 * _readers(graph, v, alive))
            ),
        )
        np.testing.assert_array_equal(read, unread)
        assert not np.allclose(unread, _run(model, lambda v, w: w))

    def test_a_unit_without_readers_may_be_anything(self, build):
        if build in _NOT_SILENCED_BY_READERS:
            pytest.skip("readers that cannot be cut")
        model = _filled(build)
        graph = UnitGraph(model)
        alive = _alive(graph)

        def cut(variable, weights):
            return weights * _readers(graph, variable, alive)

        def cut_and_changed(variable, weights):
            return cut(variable, weights) * (3 - 2 * _makers(graph, variable, alive))

        np.testing.assert_array_equal(_run(model, cut_and_changed), _run(model, cut))

    def test_the_masks_of_the_layout_are_those_of_the_graph(self, build):
        model = _filled(build)
        layout = UnitLayout(model, find_roles(model), 50.0, "binary")
        scores = np.random.default_rng(3).normal(size=layout.num_scores)
        scores = ops.convert_to_tensor(scores, "float32")
        alive = np.append(ops.convert_to_numpy(layout.values(scores)), 1.0)
        for variable, mask in zip(
            model.trainable_variables, layout.masks(scores), strict=True
        ):
            expected = _makers(layout.graph, variable, alive) * _readers(
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


def test_a_subclassed_model_has_no_graph():
    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, inputs):
            return self.dense(inputs)

    model = Subclassed()
    model(np.zeros((1, 3), "float32"))
    with pytest.raises(ValueError, match=r'granularity="weight".*Received: Subclassed'):
        UnitGraph(model)


def test_channels_first():
    inputs = keras.Input((2, 6, 6))
    x = layers.Conv2D(4, 3, data_format="channels_first", name="first")(inputs)
    x = layers.GlobalAveragePooling2D(data_format="channels_first")(x)
    with pytest.raises(ValueError, match=r"channels-last.*'first'.*channels_first"):
        UnitGraph(keras.Model(inputs, layers.Dense(2)(x)))
