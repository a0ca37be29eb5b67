"""What is made before the first step, so that TensorFlow traces it once."""

import keras
import numpy as np
import pytest

from hypermask_tf.compiling import first_step
from tests.hypermask import builders

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="JAX makes it anyway"
)


def counted(model, name):
    """`model`, with a list that grows whenever the step `name` is traced or run."""
    calls, step = [], getattr(model, name)

    def note(*args):
        calls.append(args)
        return step(*args)

    setattr(model, name, note)
    return calls


class Positive(keras.metrics.Mean):
    """A metric that does not take a sample of zeros."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        if len(y_true.shape) == 1 and y_true.shape[0] == 1:
            raise ValueError("one label is not enough")
        return super().update_state(y_true)


def as_data_set(x, y):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices((x, y)).batch(32)


@pytest.mark.parametrize("given", [lambda x, y: (x, y), lambda *a: (as_data_set(*a),)])
def test_steps_are_traced_once(given):
    model = builders.learner(compile=builders.COMPILED)
    steps, tests = counted(model, "train_step"), counted(model, "test_step")
    data = given(*builders.data())
    model.fit(*data, task=0, verbose=0)
    assert len(steps) == 1
    model.evaluate(*data, task=0, verbose=0)
    assert len(tests) == 1


def test_an_evaluation_makes_no_optimizer():
    model = builders.learner(compile=builders.COMPILED)
    tests = counted(model, "test_step")
    logs = model.evaluate(*builders.data(), verbose=0, return_dict=True)
    assert len(tests) == 1
    assert not model.optimizer.built
    assert 0 <= logs["accuracy"] <= 1


def test_nothing_is_learned_or_counted():
    model = builders.learner()
    model.begin_task(0)
    before = [keras.ops.convert_to_numpy(v) for v in model.weights]
    assert not model.metrics_made
    first_step.prepare(model, *builders.data())
    assert model.metrics_made
    for variable, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    for metric in model.metrics:
        assert all(not np.any(v) for v in metric.variables)
    # Compiled anew, there are others to make.
    model.compile("adam", model.loss)
    assert not model.metrics_made


def test_a_metric_that_takes_no_zeros_is_left_to_the_step():
    model = builders.learner()
    model.compile("adam", model.loss, metrics=[Positive(name="positive")])
    logs = model.fit(*builders.data(), task=0, verbose=0).history
    assert logs["positive"] == [pytest.approx(np.mean(builders.data()[1]))]


def test_batches_of_a_generator_are_not_drawn_before():
    x, y = builders.data()
    drawn = []

    def batches():
        while True:
            drawn.append(1)
            yield x[:32], y[:32]

    model = builders.learner()
    model.fit(batches(), task=0, steps_per_epoch=2, verbose=0)
    plain = keras.Sequential([keras.Input((builders.FEATURES,)), keras.layers.Dense(3)])
    plain.compile("sgd", model.loss, run_eagerly=True)
    ours = len(drawn)
    drawn.clear()
    plain.fit(batches(), steps_per_epoch=2, verbose=0)
    assert ours == len(drawn)
