"""A trained network without the units that matter least."""

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from hypermask_tf.base.importance import Importance
from tests.base import networks

layers = keras.layers
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def _with_idle_units():
    """A network of which every second hidden unit says nothing."""
    network = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(12, "relu", name="one"),
            layers.Dense(8, "relu", name="two"),
            layers.Dense(3, name="logits"),
        ]
    )
    random = np.random.default_rng(0)
    for name in ("two", "logits"):
        kernel, bias = network.get_layer(name).get_weights()
        kernel = random.normal(size=kernel.shape)
        kernel[::2] *= 1e-3
        network.get_layer(name).set_weights([kernel, bias])
    x = random.normal(size=(96, 6)).astype("float32")
    return network, x, keras.ops.convert_to_numpy(network(x)).argmax(-1)


@pytest.mark.backend
def test_what_matters_least_goes_and_the_rest_stays():
    network, x, y = _with_idle_units()
    smaller = hm.prune(network, x, y, loss=LOSS, sparsity=50)
    assert [w.shape for w in smaller.get_weights()[::2]] == [(6, 6), (6, 4), (4, 3)]
    kept = network.get_layer("one").get_weights()[0][:, 1::2]
    np.testing.assert_array_equal(smaller.get_layer("one").get_weights()[0], kept)
    received, expected = smaller.predict(x, verbose=0), network.predict(x, verbose=0)
    np.testing.assert_allclose(received, expected, atol=0.02)


def test_the_network_is_left_as_it_is_and_its_own_training_too():
    network, x, y = _with_idle_units()
    optimizer = keras.optimizers.SGD()
    network.compile(optimizer, LOSS)
    network.get_layer("one").trainable = False
    before = network.get_weights()
    smaller = hm.prune(network, x, y, loss=LOSS, sparsity=50)
    for one, other in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert network.optimizer is optimizer and not network.get_layer("one").trainable
    assert len(smaller.trainable_variables) == 6


@pytest.mark.parametrize("make", [networks.mobile, networks.dense])
def test_it_goes_through_what_people_bring(make):
    network = make()
    x, y = networks.samples(network)
    smaller = hm.prune(network, x, y, loss=LOSS, sparsity=50)
    assert smaller.count_params() < 0.6 * network.count_params()
    assert smaller.output_shape == network.output_shape
    smaller.compile("adam", LOSS)
    smaller.fit(x, y, verbose=0)


def test_nothing_goes_at_zero_and_a_number_for_each_group_is_taken():
    network, x, y = _with_idle_units()
    same = hm.prune(network, x, y, loss=LOSS, sparsity=0)
    np.testing.assert_allclose(
        same.predict(x, verbose=0), network.predict(x, verbose=0)
    )
    uneven = hm.prune(network, x, y, loss=LOSS, sparsity=[75, 0], steps=1)
    assert uneven.get_layer("one").units == 3 and uneven.get_layer("two").units == 8
    with pytest.raises(ValueError, match="sparsity"):
        hm.prune(network, x, y, loss=LOSS, sparsity=100)


@pytest.mark.backend
def test_importance_is_the_square_of_weight_times_gradient():
    network = keras.Sequential([keras.Input((2,)), layers.Dense(1, use_bias=False)])
    network.set_weights([np.array([[2.0], [-1.0]])])
    importance = Importance()
    network.compile(importance, "mse")
    x, y = np.array([[1.0, 3.0]]), np.array([[0.0]])
    network.fit(x, y, epochs=2, verbose=0)
    # The output is -1, so ∂L/∂w = 2 · (-1) · x = (-2, -6), and w · ∂L/∂w = (-4, 6).
    (total,) = importance.totals
    np.testing.assert_allclose(keras.ops.convert_to_numpy(total), [[32.0], [72.0]])
    np.testing.assert_array_equal(network.get_weights()[0], [[2.0], [-1.0]])
