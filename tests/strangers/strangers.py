"""The data and the learner that most tests here begin with."""

import keras
import numpy as np

from tests.learners import hyper_mask

LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
_RANDOM = np.random.default_rng(0)
Y = _RANDOM.integers(0, 2, 256)
# Far from zero and widely spread, as readings of sensors are.
X = ((3 * np.eye(2, 8)[Y] + _RANDOM.normal(0, 0.5, (256, 8)) + 7) * 3).astype("float32")


def learner(*layers, rate=3e-3, loss=LOSS, **arguments):
    """A compiled learner of three tasks; `layers` before a head of two outputs."""
    stack = [keras.Input((8,)), *layers, keras.layers.Dense(2, name="logits")]
    options = {"sparsity": 50, **arguments}
    model = hyper_mask(keras.Sequential(stack), 3, **options)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    return model


def dense(units=16, activation="relu", **arguments):
    return keras.layers.Dense(units, activation, name="hidden", **arguments)


def fit(model, task, x=X, y=Y, epochs=1, **arguments):
    return model.fit(x, y, task=task, epochs=epochs, verbose=0, **arguments)


def predict(model, task=None, x=X):
    """Logits of a task, or of a plain model."""
    named = {} if task is None else {"task": task}
    return model.predict(x, verbose=0, **named)


def state(model):
    """All that a learner holds, as arrays."""
    variables = [*model.variables, *model.optimizer.variables]
    return [np.array(keras.ops.convert_to_numpy(v)) for v in variables]


def assert_same_state(before, after):
    assert len(before) == len(after)
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
