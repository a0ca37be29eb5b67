"""The data and the learner that most tests here begin with."""

import keras
import numpy as np

from tests.learners import hyper_mask

LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
_RANDOM = np.random.default_rng(0)
Y = _RANDOM.integers(0, 2, 256)
# Far from zero and widely spread, as readings of sensors are.
X = ((3 * np.eye(2, 8)[Y] + _RANDOM.normal(0, 0.5, (256, 8)) + 7) * 3).astype("float32")


def learner(*layers, rate=3e-3, loss=LOSS, eager=None, **arguments):
    """A compiled learner of three tasks; `layers` before a head of two outputs.

    A few steps take less time than tracing one; `eager=False` traces it. JAX, which is
    slow without, always does.
    """
    if eager is None:
        eager = keras.backend.backend() == "tensorflow"
    stack = [keras.Input((8,)), *layers, keras.layers.Dense(2, name="logits")]
    options = {"sparsity": 50, **arguments}
    model = hyper_mask(keras.Sequential(stack), 3, **options)
    model.compile(
        keras.optimizers.Adam(rate), loss, metrics=["accuracy"], run_eagerly=eager
    )
    return model


def dense(units=16, activation="relu", **arguments):
    return keras.layers.Dense(units, activation, name="hidden", **arguments)


def fit(model, task, x=X, y=Y, epochs=1, batch_size=128, **arguments):
    """Two steps an epoch: what is computed op by op takes a tenth of a second each."""
    choices = {"task": task, "epochs": epochs, "batch_size": batch_size}
    return model.fit(x, y, verbose=0, **choices, **arguments)


def predict(model, task=None, x=X):
    """Logits of a task, or of a plain model."""
    if task is None:  # without a function that would be traced for this alone
        return keras.ops.convert_to_numpy(model(x, training=False))
    return model.predict(x, verbose=0, batch_size=256, task=task)


def state(model):
    """All that a learner holds, as arrays."""
    variables = [*model.variables, *model.optimizer.variables]
    return [np.array(keras.ops.convert_to_numpy(v)) for v in variables]


def assert_same_state(before, after):
    assert len(before) == len(after)
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
