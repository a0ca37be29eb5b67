"""Which earlier task suits new data best."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import hypermask_tf as hm
from hypermask_tf import transfer
from hypermask_tf.transfer.nearest import task_features
from tests.hypermask import builders


def test_nearest_task_of_a_sequential_target():
    target = keras.Sequential(
        [keras.Input((8,)), layers.Dense(12, "relu"), layers.Dense(3)]
    )
    model = builders.learner(target, granularity="unit", sparsity=50)
    builders.learn(model, 0)
    assert transfer.nearest_task(model, *builders.data(1)) == 0
    assert task_features(model, 0).output_shape == (None, 12)


def test_nearest_task_finds_the_features_that_separate_the_labels():
    model = builders.learner(
        granularity="unit",
        protection="hard",
        sparsity=75,
        reuse=0.0,
        tasks=4,
        compile=builders.COMPILED,
    )
    for task in range(3):
        builders.learn(model, task, passes=20)
    # Labels that only one task's features separate: signs of its hidden units.
    for task in range(3):
        features = task_features(model, task)
        x = np.random.default_rng(task).normal(size=(400, builders.FEATURES)) * 3
        hidden = ops.convert_to_numpy(features(x.astype("float32"), training=False))
        on = hidden[:, hidden.std(0).argmax()]
        y = (on > np.median(on)).astype("int32")
        assert transfer.nearest_task(model, x.astype("float32"), y) == task


def test_there_is_nothing_to_inherit_before_the_first_task():
    with pytest.raises(ValueError, match="nothing to inherit"):
        hm.transfer.nearest_task(builders.learner(), *builders.data(0))


def test_nearest_task_of_a_target_with_two_inputs():
    inputs = [keras.Input((builders.FEATURES,)) for _ in range(2)]
    x = keras.layers.Dense(16, "relu")(keras.layers.Concatenate()(inputs))
    model = builders.learner(
        keras.Model(inputs, keras.layers.Dense(builders.CLASSES)(x)), granularity="unit"
    )
    model.begin_task(0)
    x, y = builders.data()
    assert transfer.nearest_task(model, [x, x], y) == 0
