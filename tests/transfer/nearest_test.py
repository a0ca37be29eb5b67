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


def test_of_equal_tasks_it_is_the_latest():
    model = builders.learner(granularity="weight", sparsity=0, activation="binary")
    # Masks of ones: all tasks are the same network.
    for task in range(3):
        model.begin_task(task)
        assert transfer.nearest_task(model, *builders.data(0)) == task


def test_it_looks_at_so_many_samples_and_splits_them_in_halves(monkeypatch):
    import sklearn.linear_model

    class Seen(sklearn.linear_model.RidgeClassifier):
        calls = []  # noqa: RUF012

        def fit(self, x, y):
            self.calls.append(("fit", x, y))
            return super().fit(x, y)

        def score(self, x, y):
            self.calls.append(("score", x, y))
            return super().score(x, y)

    monkeypatch.setattr(sklearn.linear_model, "RidgeClassifier", Seen)
    model = builders.learner(granularity="unit")
    model.begin_task(0)
    x, y = builders.data(0)
    # Every label is the number of its sample.
    numbers = np.arange(len(y))
    found = []
    for seed in (0, 0, 1):
        Seen.calls.clear()
        transfer.nearest_task(model, x, numbers, samples=20, seed=seed)
        (fit, fitted, labels), (score, scored, others) = Seen.calls
        assert (fit, score) == ("fit", "score")
        assert (len(fitted), len(scored)) == (10, 10)
        drawn = np.concatenate([labels, others])
        assert len(set(drawn)) == 20
        # Features of the samples, before the head.
        features = task_features(model, 0)(x[drawn], training=False)
        np.testing.assert_allclose(
            np.concatenate([fitted, scored]), features, rtol=1e-5, atol=1e-6
        )
        found.append(drawn.tolist())
    assert found[0] == found[1] != found[2]
    Seen.calls.clear()
    transfer.nearest_task(model, x, numbers)
    assert len(Seen.calls[0][1]) + len(Seen.calls[1][1]) == len(x)


def test_features_are_what_the_head_gets():
    model = builders.learner(granularity="unit", sparsity=50)
    builders.shake(model.target.variables)
    for task in range(2):
        model.begin_task(task)
    x, _ = builders.data(0)
    for task in range(2):
        baked = model.bake(task)
        kernel, bias = (
            ops.convert_to_numpy(v.value) for v in baked.trainable_variables[-2:]
        )
        features = ops.convert_to_numpy(task_features(model, task)(x, training=False))
        assert features.shape == (len(x), 12)
        np.testing.assert_allclose(
            features @ kernel + bias, baked.predict(x, verbose=0), rtol=1e-4, atol=1e-5
        )


def test_within_a_nested_model_its_logits_must_do():
    inputs = keras.Input((builders.FEATURES,))
    nested = keras.Model(inputs, layers.Dense(3)(layers.Dense(8, "relu")(inputs)))
    inputs = keras.Input((builders.FEATURES,))
    model = builders.learner(keras.Model(inputs, nested(inputs)), granularity="unit")
    model.begin_task(0)
    x, y = builders.data(0)
    features = ops.convert_to_numpy(task_features(model, 0)(x, training=False))
    np.testing.assert_allclose(
        features, model.bake(0).predict(x, verbose=0), rtol=1e-4, atol=1e-5
    )
    assert transfer.nearest_task(model, x, y) == 0
