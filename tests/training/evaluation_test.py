"""Accuracy of a task's network."""

import keras
import numpy as np
import pytest
from keras import layers

from hypermask_tf.training import task_accuracy
from tests.learners import hyper_mask


@pytest.mark.parametrize("count", [1, 7, 8, 20])
def test_equals_arg_max_whatever_the_batch(count):
    inputs = keras.Input((4,))
    target = keras.Model(inputs, layers.Dense(3)(layers.Dense(8, "relu")(inputs)))
    model = hyper_mask(target, 2, sparsity=50)
    rng = np.random.default_rng(count)
    x = rng.normal(size=(count, 4)).astype("float32")
    y = rng.integers(0, 3, count)
    expected = np.mean(np.argmax(model.bake(1).predict(x, verbose=0), -1) == y)
    for batch_size in (1, 8, 64):
        assert task_accuracy(model, 1, x, y, batch_size) == expected


def test_outputs_behind_a_task_s_classes_do_not_count():
    inputs = keras.Input((4,))
    target = keras.Model(inputs, layers.Dense(5)(inputs))
    model = hyper_mask(target, 1, sparsity=0, granularity="weight")
    x = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
    logits = model.bake(0).predict(x, verbose=0)
    assert (logits.argmax(-1) >= 2).any()
    y = logits[:, :2].argmax(-1)
    assert task_accuracy(model, 0, x, y, classes=2) == 1
    assert task_accuracy(model, 0, x, y) == np.mean(logits.argmax(-1) == y) < 1
