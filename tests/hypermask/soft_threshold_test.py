"""A used weight that rests at θ* does not move for a gradient below λ."""

import keras
import numpy as np
import pytest
from keras import ops

from hypermask_tf.protection.weight_penalty import soft_threshold_gradient
from tests.hypermask import builders

pytestmark = pytest.mark.backend


def _numpy(tensor):
    return ops.convert_to_numpy(tensor)


def test_a_penalty_takes_its_slope_from_a_gradient_that_meets_a_weight_at_rest():
    random = np.random.default_rng(0)
    theta, gradient = random.normal(size=(2, 50)).astype("float32")
    rests = np.arange(50) % 3 > 0
    variable = keras.Variable(theta)
    inputs = ops.convert_to_tensor(gradient)

    class Product(keras.Model):
        def __init__(self):
            super().__init__()
            self.theta = variable

        def call(self, x):
            value = soft_threshold_gradient(
                self.theta.value, ops.convert_to_tensor(rests), 0.5
            )
            return x * value

    model = Product()
    np.testing.assert_allclose(_numpy(model(inputs[None]))[0], gradient * theta)
    sgd = keras.optimizers.SGD(1.0)
    model.compile(sgd, lambda y, product: ops.sum(product, axis=-1))
    model.fit(gradient[None], np.zeros((1, 1)), verbose=0)
    left = np.sign(gradient) * np.maximum(np.abs(gradient) - 0.5, 0)
    expected = theta - np.where(rests, left, gradient)
    np.testing.assert_allclose(_numpy(variable.value), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("narrow", [True, False])
def test_what_earlier_tasks_use_is_not_shaken(narrow):
    # The slope of the loss is far below lam, the steps of Adam are 0.05 each.
    model = builders.learner(
        granularity="unit",
        protection="used",
        lam=10.0,
        beta=0.0,
        sparsity=60,
        narrow=narrow,
        optimizer=keras.optimizers.Adam(0.05),
    )
    builders.learn(model, 0)
    start = [_numpy(v.value).copy() for v in model.target.trainable_variables]
    model.begin_task(1)
    builders.learn(model, 1, passes=3)
    marks = zip(model._memory.indices, model._memory.used, strict=True)
    used = {i: _numpy(mark.value) for i, mark in marks}
    for i, (variable, theta) in enumerate(
        zip(model.target.trainable_variables, start, strict=True)
    ):
        value = _numpy(variable.value)
        np.testing.assert_array_equal(value[used[i]], theta[used[i]])
        assert used[i].all() or (value != theta)[~used[i]].any()
