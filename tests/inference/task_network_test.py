"""The networks of tasks, and which features of the whole network theirs are."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import hypermask_tf as hm
from hypermask_tf.inference import TaskNetworks
from tests.hypermask import builders

pytestmark = pytest.mark.backend


def _networks(target, **kwargs):
    model = builders.learner(target, **kwargs)
    builders.shake(model.target.trainable_variables)
    for task in range(2):
        model.begin_task(task)
    return model, TaskNetworks(model)


def test_units_that_are_read_alike_are_told_apart():
    """Equal rows of the last kernel, in a network of which half of the units go."""
    model = builders.learner(granularity="unit")
    builders.shake(model.target.trainable_variables)
    head = model.target.layers[-1]
    head.kernel.assign(np.ones(head.kernel.shape))
    model.begin_task(0)
    (network,) = TaskNetworks(model).networks
    assert 0 < len(network.positions) < head.kernel.shape[0]
    assert (np.diff(network.positions) > 0).all()
    assert network.positions[-1] < head.kernel.shape[0]


def test_features_of_images_are_flat_and_in_order():
    inputs = keras.Input((5, 4, 2))
    x = layers.Conv2D(6, 3, activation="relu")(inputs)
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(3, 1, name="head")(x))
    model, networks = _networks(keras.Model(inputs, x), granularity="unit")
    x = np.random.default_rng(0).normal(size=(7, 5, 4, 2)).astype("float32")
    outputs = networks(x)
    for task in range(2):
        baked = model.bake(task)
        before = keras.Model(baked.input, baked.get_layer("head").input)
        whole = ops.convert_to_numpy(before(x))
        on = np.abs(whole).max(axis=(0, 1, 2)) > 0
        assert 0 < on.sum() < 6
        features = whole[..., on].reshape(7, -1)
        np.testing.assert_allclose(
            outputs.features[task], features, rtol=1e-4, atol=1e-5
        )
        logits = ops.convert_to_numpy(baked(x))
        np.testing.assert_allclose(outputs.logits[:, task], logits, atol=1e-4)


def test_a_last_layer_within_a_nested_model_has_logits_for_features():
    inner = keras.Sequential([keras.Input((16,)), layers.Dense(3)], name="inner")
    inputs = keras.Input((builders.FEATURES,))
    target = keras.Model(inputs, inner(layers.Dense(16, "relu")(inputs)))
    _, networks = _networks(target)
    outputs = networks(builders.data(0)[0])
    for task in range(2):
        np.testing.assert_array_equal(outputs.features[task], outputs.logits[:, task])
        assert networks.networks[task].positions.tolist() == [0, 1, 2]
    assert hm.inference.get("fecam", networks).needs_fit
