"""Low-rank paths beside the layers of a network."""

import keras
import numpy as np
import pytest

from hypermask_tf.base.low_rank import frozen_with_paths, has_paths
from tests.base import networks

layers = keras.layers


def _outputs(model, x):
    return keras.ops.convert_to_numpy(model(x))


@pytest.mark.parametrize("make", [networks.mobile, networks.dense])
def test_it_computes_what_the_network_does_and_leaves_it_as_it_is(make):
    network = make()
    x, _ = networks.samples(network)
    before, weights = _outputs(network, x), network.get_weights()
    built = frozen_with_paths(network, set(), rank=2)
    np.testing.assert_allclose(_outputs(built, x), before, rtol=1e-5, atol=1e-5)
    assert network.trainable_variables
    for one, other in zip(weights, network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not {id(v) for v in network.variables} & {id(v) for v in built.variables}


def test_only_paths_train_and_what_is_the_tasks_own():
    network = networks.mobile()
    own = {id(network.get_layer(name)) for name in ("depth", "logits")}
    built = frozen_with_paths(network, own, rank=2)
    names = {v.path.split("/")[0] for v in built.trainable_variables}
    paths = {f"{name}_{end}" for name in ("expand", "project", "stem") for end in _ENDS}
    assert names == paths | {"depth", "logits"}
    assert built.get_layer("expand_up").kernel.shape == (1, 1, 2, 24)


_ENDS = ("down", "up")


def test_a_path_adds_to_what_the_layer_makes():
    """y = activation(W x + b + U D x), whatever D and U are."""
    inputs = keras.Input((6,))
    network = keras.Model(inputs, layers.Dense(8, "tanh", name="hidden")(inputs))
    built = frozen_with_paths(network, set(), rank=1)
    random = np.random.default_rng(0)
    for variable in built.trainable_variables:
        variable.assign(random.normal(size=variable.shape))
    x = random.normal(size=(4, 6)).astype("float32")
    (kernel, bias), down = network.get_weights(), built.get_layer("hidden_down")
    up, shift = built.get_layer("hidden_up").get_weights()
    expected = np.tanh(x @ kernel + bias + x @ down.get_weights()[0] @ up + shift)
    np.testing.assert_allclose(_outputs(built, x), expected, rtol=1e-5, atol=1e-5)


def test_a_path_of_a_convolution_moves_as_it_does():
    network = keras.Sequential(
        [
            keras.Input((9, 9, 4)),
            layers.Conv2D(16, 3, strides=2, padding="same", name="one"),
            layers.BatchNormalization(),
            layers.Conv2D(16, 3, dilation_rate=2, padding="same", name="two"),
        ]
    )
    built = frozen_with_paths(network, set(), rank=2)
    for name, output in (("one", (None, 5, 5, 16)), ("two", (None, 5, 5, 16))):
        assert built.get_layer(f"{name}_up").output.shape == output
        down = built.get_layer(f"{name}_down")
        assert down.kernel.shape[:2] == (3, 3)
        assert down.strides == network.get_layer(name).strides
        assert down.dilation_rate == network.get_layer(name).dilation_rate


def test_it_stands_behind_the_normalisation_so_that_this_stays_foldable():
    built = frozen_with_paths(networks.mobile(), set(), rank=2)
    added = built.get_layer("expand_sum").input
    assert "batch_normalization" in added[0]._keras_history.operation.name
    # Where it is read twice there is no one place behind it.
    x = keras.Input((6,))
    hidden = layers.Dense(8, name="hidden")(x)
    out = layers.BatchNormalization()(hidden) + hidden
    built = frozen_with_paths(keras.Model(x, out), set(), rank=1)
    first = built.get_layer("hidden_sum").input[0]
    assert first._keras_history.operation.name == "hidden"


def test_layers_that_a_path_would_outgrow_or_that_are_shared_have_none():
    x = keras.Input((8,))
    twice, small = layers.Dense(8, name="twice"), layers.Dense(2, name="small")
    network = keras.Model(x, small(twice(twice(x))))
    built = frozen_with_paths(network, set(), rank=2)
    assert not built.trainable_variables
    assert not has_paths(built)


def test_what_was_saved_has_its_paths(tmp_path):
    built = frozen_with_paths(networks.mobile(), set(), rank=2)
    built.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    assert has_paths(loaded) and not has_paths(networks.mobile())
    x, _ = networks.samples(built)
    np.testing.assert_array_equal(_outputs(built, x), _outputs(loaded, x))


def test_no_frozen_weight_lies_between_two_int8_steps():
    """Else rounding would have a task store the whole kernel again."""
    network = keras.Sequential(
        [
            keras.Input((4, 4, 2)),
            layers.DepthwiseConv2D(2, name="depth"),
            layers.Conv2D(8, 2, name="conv"),
            layers.Flatten(),
            layers.Dense(3, name="dense"),
        ]
    )
    names = ("depth", "conv", "dense")
    for name, channels in zip(names, (2, 8, 3), strict=True):
        # Each channel has its largest weight, and one of ten and a half steps.
        variable = network.get_layer(name).kernel
        kernel = np.zeros((np.prod(variable.shape) // channels, channels))
        kernel[:2] = [[127.0], [10.5]]
        variable.assign(kernel.reshape(variable.shape))
    built = frozen_with_paths(network, set(), rank=1)
    for name in names:
        kernel = keras.ops.convert_to_numpy(built.get_layer(name).kernel)
        between = kernel[(kernel != 0) & (kernel != 127)]
        assert len(between) and (between != 10.5).all()
        np.testing.assert_allclose(between, 10.5, atol=1e-3)
