"""A rebuilt model is what the same code would have built with other widths."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from hypermask_tf import targets
from hypermask_tf.compaction import compact, rebuild
from tests.compaction import dead
from tests.compaction.model_shapes import MODELS


def _shapes(model):
    return [tuple(v.shape) for v in model.weights]


def _target(name, scale):
    if name == "mlp":
        return targets.mlp((8, 8, 1), (6 * scale, 5 * scale), 3)
    if name == "convnet":
        return targets.convnet((8, 8, 3), (4 * scale, 6), 8 * scale, 3)
    filters = (4, 4, 8 * scale, 12 * scale)
    return targets.resnet((8, 8, 3), 3, blocks=1, filters=filters)


def _widths(model):
    return {
        layer.name: getattr(layer, "units", None) or layer.filters
        for layer in model.layers
        if hasattr(layer, "units") or hasattr(layer, "filters")
    }


@pytest.mark.parametrize("name", ["mlp", "convnet", "resnet"])
@pytest.mark.parametrize("to", [1, 3])
def test_it_equals_the_target_built_at_those_widths(name, to):
    source, wanted = _target(name, 4 - to), _target(name, to)
    result = rebuild(source, _widths(wanted))
    assert _shapes(result) == _shapes(wanted)
    assert [v.path for v in result.weights] == [v.path for v in source.weights]
    # The same function too: padding and reshapes are where they would have been.
    result.set_weights(wanted.get_weights())
    dead.shake(result)
    dead.shake(wanted)
    dead.assert_same_function(wanted, result)


@pytest.mark.parametrize("name", list(MODELS))
def test_the_same_widths_give_the_same_model(name):
    model = MODELS[name]()
    copy = rebuild(model, {})
    assert _shapes(copy) == _shapes(model)
    dead.shake(model)
    dead.shake(copy)
    dead.assert_same_function(model, copy)


def test_weights_are_fresh():
    model = MODELS["dense_relu"]()
    copy = rebuild(model, {})
    kernels = [m.layers[1].kernel for m in (model, copy)]
    assert not np.allclose(*map(ops.convert_to_numpy, kernels))


def test_everything_behind_a_wider_layer_follows():
    inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, name="first")(inputs)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2)(layers.BatchNormalization()(x))
    x = layers.Conv2D(6, 3, groups=2, name="grouped")(layers.PReLU()(x))
    x = ops.pad(x, [[0, 0], [0, 0], [0, 0], [1, 3]])
    x = layers.Reshape((2, 2, 2, 5))(x)
    model = keras.Model(inputs, layers.Dense(3)(layers.Flatten()(x)))
    wider = rebuild(model, {"first": 6, "grouped": 16})
    assert wider.layers[-3].output.shape == (None, 2, 2, 2, 10)
    assert [w.shape[-1] for w in wider.get_layer("grouped").weights] == [16, 16]


@pytest.mark.parametrize("shape", [(2, -1), (-1, 4), (-1, 2), (2, 4)])
@pytest.mark.parametrize("wider", [4, 8, 16])
def test_reshapes_follow_with_what_they_leave_open(shape, wider):
    """An axis of -1 takes what is left; the channels follow in proportion."""

    def model(width, target):
        inputs = keras.Input((3,))
        x = layers.Reshape(target)(layers.Dense(width, name="wide")(inputs))
        return keras.Model(inputs, layers.Dense(2)(x))

    *others, last = shape
    wanted = model(wider, (*others, last if last == -1 else last * wider // 8))
    found = rebuild(model(8, shape), {"wide": wider})
    assert found.output_shape == wanted.output_shape
    assert _shapes(found) == _shapes(wanted)


@pytest.mark.parametrize(("groups", "wider"), [(4, 6), (-1, 6), (2, 2)])
def test_channels_that_are_normalised_one_by_one_stay_so(groups, wider):
    inputs = keras.Input((5, 5, 3))
    x = layers.Conv2D(4, 3, name="first")(inputs)
    norm = layers.GroupNormalization(groups, name="norm")
    model = keras.Model(inputs, layers.Conv2D(2, 1)(norm(x)))
    assert rebuild(model, {"first": 6}).get_layer("norm").groups == wider


def test_nested_layers_are_named_by_path_and_sharing_stays():
    inner_inputs = keras.Input((6,))
    hidden = layers.Dense(5, name="hidden")(inner_inputs)
    inner = keras.Model(inner_inputs, layers.Dense(6, name="out")(hidden), name="inner")
    inputs = keras.Input((6,))
    model = keras.Model(inputs, layers.Dense(2)(inner(inner(inputs))))
    wider = rebuild(model, {"inner/hidden": 9})
    assert isinstance(wider.get_layer("inner"), keras.Model)
    assert wider.get_layer("inner").get_layer("hidden").units == 9
    assert len(wider.weights) == len(model.weights)


def test_a_nested_model_is_still_called_with_training_false():
    inner_inputs = keras.Input((6,))
    hidden = layers.Dense(5, name="hidden")(inner_inputs)
    hidden = layers.BatchNormalization()(hidden)
    inner = keras.Model(inner_inputs, layers.Dropout(0.5)(hidden), name="inner")
    inputs = keras.Input((6,))
    model = keras.Model(inputs, layers.Dense(2)(inner(inputs, training=False)))
    for wider in (rebuild(model, {"inner/hidden": 9}), compact(model)):
        (call,) = wider.get_config()["layers"][1]["inbound_nodes"]
        assert call["kwargs"]["training"] is False


def _padded(width):
    inputs = keras.Input((4, 4, 3))
    x = layers.Conv2D(4, 1, name="narrow")(inputs)
    y = layers.Conv2D(width, 1, name="wide")(x)
    x = ops.pad(x, [[0, 0], [0, 0], [0, 0], [(width - 4) // 2] * 2])
    return keras.Model(inputs, layers.Flatten()(layers.Add()([x, layers.ReLU()(y)])))


def _split():
    inputs = keras.Input((4,))
    x = layers.Dense(8, name="wide")(inputs)
    return keras.Model(inputs, layers.Reshape((2, 4))(x) * ops.ones((4,)))


def _sliced():
    inputs = keras.Input((4,))
    return keras.Model(inputs, layers.Dense(8, name="wide")(inputs)[:, :4])


@pytest.mark.parametrize(
    ("build", "widths", "message"),
    [
        (lambda: _padded(8), {"narrow": 9}, "at least as wide"),
        (_split, {"wide": 7}, "is whole"),
        (_split, {"wide": 16}, "cannot follow the new widths"),
        (_sliced, {"wide": 10}, "by number"),
        (_split, {"high": 10}, r"filters or output_dim: \['wide'\]"),
        (_split, {"wide": 0}, r"Received: widths\['wide'\]=0"),
    ],
)
def test_what_cannot_follow_is_refused(build, widths, message):
    with pytest.raises(ValueError, match=message):
        rebuild(build(), widths)
