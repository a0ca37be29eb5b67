"""Copies train and measure with the very objects that a learner was compiled with."""

import copy

import keras
import numpy as np
import pytest
from keras import layers, ops

import hypermask_tf as hm
from tests.compile import kinds

COPIES = {
    "extend": kinds.extended,
    "grow": kinds.widened,
    "deepcopy": copy.deepcopy,
}
# Losses and metrics are sums over a batch in one order; units that are off add zeros,
# perhaps in another order of sums.
CLOSE = {"rtol": 1e-5, "atol": 1e-6}
pytestmark = pytest.mark.backend


def _same_logs(one, other):
    assert set(one) == set(other)
    for name, value in one.items():
        np.testing.assert_allclose(other[name], value, **CLOSE, err_msg=name)


@pytest.mark.parametrize("how", COPIES)
def test_metrics_of_every_kind_stay_what_they_are(how):
    model = kinds.learner()
    model.compile(
        keras.optimizers.Adam(0.01),
        kinds.times(100.0),
        metrics=kinds.metrics(),
        weighted_metrics=[kinds.times(2.0), kinds.times(200.0)],
        **kinds.QUICK,
    )
    kinds.learn(model, 0)
    twin = COPIES[how](model)
    before = kinds.measure(model)
    assert len(before) == 16
    _same_logs(before, kinds.measure(twin))
    # Neither resets what the other has counted.
    _same_logs(before, kinds.measure(model))


@pytest.mark.parametrize("kind", kinds.LOSSES)
@pytest.mark.parametrize(
    "how", ["extend", pytest.param("grow", marks=pytest.mark.slow)]
)
def test_training_goes_on_with_the_same_loss(kind, how):
    model = kinds.learner(beta=0.0, lam=0.0)
    model.compile(keras.optimizers.SGD(0.01), kinds.LOSSES[kind](), **kinds.QUICK)
    kinds.learn(model, 0)
    twin = COPIES[how](model)
    _same_logs(kinds.measure(model), kinds.measure(twin))
    histories = [kinds.learn(one, 1).history["loss"] for one in (model, twin)]
    if how == "extend":
        np.testing.assert_allclose(*histories, rtol=1e-4)
    else:  # New units are others, the loss is of the same size.
        np.testing.assert_allclose(*histories, rtol=0.9)


def test_the_figures_of_two_losses_from_one_factory_stay():
    model = kinds.learner()
    model.compile("sgd", kinds.times(1.0), metrics=[kinds.times(1e3)], **kinds.QUICK)
    for one in (model, model.extend(4), model.grow({"hidden": 20})):
        logs = kinds.measure(one)
        values = [value for name, value in logs.items() if name != "loss"]
        assert values == pytest.approx([1000 * logs["loss"]], rel=1e-4)


def _two_outputs():
    inputs = keras.Input((kinds.FEATURES,))
    x = layers.Dense(12, "relu", name="hidden")(inputs)
    outputs = {name: layers.Dense(3, name=name)(x) for name in ("one", "two")}
    return keras.Model(inputs, outputs)


@pytest.mark.parametrize("nested", ["dict", "list"])
def test_several_outputs_keep_their_losses_weights_and_metrics(nested):
    target = _two_outputs()
    if nested == "list":
        target = keras.Model(target.inputs, list(target.outputs))
    model = kinds.learner(target=target)
    losses = {"one": kinds.times(1.0), "two": kinds.times(50.0)}
    weights = {"one": 2.0, "two": 0.5}
    metrics = {"one": [kinds.times(3.0), "accuracy"], "two": [kinds.times(7.0)]}
    if nested == "list":
        losses, weights, metrics = (
            list(part.values()) for part in (losses, weights, metrics)
        )
    model.compile("sgd", losses, loss_weights=weights, metrics=metrics, **kinds.QUICK)
    x, y = kinds.data()
    labels = {"one": y, "two": y} if nested == "dict" else [y, y]
    before = model.evaluate(x, labels, verbose=0, return_dict=True)
    for twin in (model.extend(4), copy.deepcopy(model)):
        _same_logs(before, twin.evaluate(x, labels, verbose=0, return_dict=True))


def test_an_evaluation_within_training_leaves_the_others_metrics_alone():
    model = kinds.learner()
    metrics = [kinds.Metric(2.0, name="own")]
    model.compile("sgd", kinds.times(1.0), metrics=metrics, **kinds.QUICK)
    kinds.learn(model, 0)
    alone, watched = model.extend(4), model.extend(4)

    def evaluate(batch, logs):
        kinds.measure(model)

    watching = keras.callbacks.LambdaCallback(on_train_batch_end=evaluate)
    expected = kinds.learn(alone, 1, batch_size=8).history["own"]
    got = kinds.learn(watched, 1, batch_size=8, callbacks=[watching]).history["own"]
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_how_steps_run_comes_along_even_if_set_by_hand():
    model = kinds.learner()
    model.compile("sgd", "mse", steps_per_execution=2, jit_compile=False)
    model.run_eagerly = True
    twin = model.extend(4)
    assert twin.run_eagerly and twin.steps_per_execution == 2
    assert not twin.jit_compile


def test_a_deep_copy_goes_on_like_its_original():
    model = kinds.learner()
    model.compile(
        keras.optimizers.Adam(0.01),
        kinds.times(2.0),
        metrics=["accuracy"],
        **kinds.QUICK,
    )
    kinds.learn(model, 0)
    kinds.learn(model, 1)
    twin = copy.deepcopy(model)
    for one in (model, twin):
        kinds.learn(one, 1)
        kinds.learn(one, 2)
    for a, b in zip(model.weights, twin.weights, strict=True):
        np.testing.assert_array_equal(
            ops.convert_to_numpy(a.value), ops.convert_to_numpy(b.value)
        )
    for a, b in zip(
        kinds.state(model.optimizer.variables),
        kinds.state(twin.optimizer.variables),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)


def test_what_is_not_compiled_is_copied_as_such():
    model = kinds.learner()
    for twin in (model.extend(4), copy.deepcopy(model), model.grow({"hidden": 20})):
        assert isinstance(twin, hm.HyperMask) and not twin.compiled
