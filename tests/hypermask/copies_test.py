"""Copies of learners that hold code of the user's own."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from tests.hypermask import builders


def squared(y_true, y_pred):
    labels = ops.one_hot(ops.cast(ops.reshape(y_true, (-1,)), "int32"), 3)
    return ops.mean(ops.square(labels - y_pred), axis=-1)


def largest(y_true, y_pred):
    return ops.max(y_pred, axis=-1)


@pytest.mark.parametrize(
    "copy", [lambda m: m.extend(5), lambda m: m.grow({"dense_one": 24})]
)
def test_functions_and_lambdas_come_along(copy):
    inputs = keras.Input((builders.FEATURES,))
    x = layers.Dense(16, "relu", name="dense_one")(inputs)
    model = builders.learner(
        keras.Model(inputs, layers.Dense(3)(x)),
        granularity="unit",
        sparsity=50,
        augmentation=layers.Lambda(lambda x: x * 2.0),
    )
    model.compile(
        keras.optimizers.Adam(1e-2),
        squared,
        metrics=[largest, keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        run_eagerly=True,
    )
    builders.learn(model, 0)
    wider = copy(model)
    builders.learn(wider, 1)
    x, y = builders.data(0)
    for one in (model, wider):
        logs = one.evaluate(x, y, task=0, verbose=0, return_dict=True)
        assert set(logs) == {"loss", "largest", "accuracy"}
    x = np.ones((1, builders.FEATURES), "float32")
    np.testing.assert_array_equal(
        ops.convert_to_numpy(wider.augmentation(x)), 2 * np.ones_like(x)
    )
