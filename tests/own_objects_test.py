"""Targets made of classes and functions of the user's, which nobody registered."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from hypermask_tf.surgery.own_objects import own_objects
from tests.hypermask import builders


class Scale(keras.Layer):
    """A weight per channel."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, inputs):
        return inputs * self.scale


def half_relu(x):
    """An activation."""
    return ops.relu(x) * 0.5


class Ready(keras.Model):
    """A class that makes its graph itself."""

    def __init__(self):
        inputs = keras.Input((builders.FEATURES,))
        x = layers.Dense(16, half_relu, name="hidden")(inputs)
        super().__init__(inputs, layers.Dense(3)(x))


def _with(activation, *others):
    inputs = x = keras.Input((builders.FEATURES,))
    x = layers.Dense(16, activation, name="hidden")(x)
    for layer in others:
        x = layer(x)
    return keras.Model(inputs, layers.Dense(3)(x))


TARGETS = {
    "layer": lambda: _with("relu", Scale()),
    "activation": lambda: _with(half_relu),
    "code in a layer": lambda: _with("relu", layers.Lambda(lambda x: 2 * x)),
    "function of keras.ops": lambda: _with("relu", layers.Lambda(ops.sort)),
    "class with a graph": Ready,
}


@pytest.mark.parametrize("name", TARGETS)
def test_they_can_be_baked_made_small_extended_and_grown(name):
    model = builders.learner(TARGETS[name](), granularity="unit", sparsity=75)
    model.begin_task(0)
    x, _ = builders.data()
    expected = model.predict(x, verbose=0, task=0)
    for baked in (model.bake(0), model.bake(0, compact=True)):
        np.testing.assert_allclose(baked(x), expected, rtol=1e-5, atol=1e-6)
    assert (not model.dense_fallback_reason) == (
        name in ("activation", "class with a graph")
    )
    np.testing.assert_allclose(
        model.extend(5).predict(x, verbose=0, task=0), expected, rtol=1e-5
    )
    if name == "activation":
        wider = model.grow({"hidden": 24})
        np.testing.assert_allclose(
            wider.predict(x, verbose=0, task=0), expected, rtol=1e-4, atol=1e-6
        )


def test_functions_need_no_name_of_their_own():
    def other():
        def half_relu(x):
            return ops.tanh(x)

        return half_relu

    x, _ = builders.data()
    for target in (
        _with(lambda x: ops.relu(x) * 0.7),
        _with(half_relu, layers.Dense(4, other())),
    ):
        model = builders.learner(target, granularity="unit", sparsity=75)
        model.begin_task(0)
        expected = model.predict(x, verbose=0, task=0)
        for made in (model.bake(0), model.bake(0, compact=True)):
            np.testing.assert_allclose(made(x), expected, rtol=1e-5, atol=1e-6)


def test_methods_that_keras_wraps_are_no_functions_of_the_users():
    assert own_objects(_with(half_relu, Scale())) == {
        "half_relu": half_relu,
        "Scale": Scale,
    }
    assert own_objects(builders.mlp()) == {}


def test_a_target_may_have_been_trained_before():
    target = builders.mlp()
    x, y = builders.data()
    target.compile("sgd", keras.losses.SparseCategoricalCrossentropy(True))
    target.fit(x, y, verbose=0)
    target.evaluate(x, y, verbose=0)
    model = builders.learner(target)
    builders.learn(model, 0)
    assert model.extend(4).num_tasks == 4


def test_names_that_meet_where_nobody_asks_for_them_are_no_matter():
    class Holder(keras.Layer):
        """Keeps a function that it makes itself."""

        def __init__(self, factor=1.0, **kwargs):
            super().__init__(**kwargs)

            def act(x):
                return factor * x

            self.factor, self.act = factor, act

        def call(self, inputs):
            return self.act(inputs)

    model = builders.learner(_with("relu", Holder(), Holder()), granularity="unit")
    x, _ = builders.data()
    model.begin_task(0)
    np.testing.assert_allclose(
        model.bake(0)(x), model.predict(x, verbose=0, task=0), rtol=1e-5, atol=1e-6
    )
