"""Networks made anew from a learner are the network they were made from."""

import copy
import functools

import keras
import numpy as np
import pytest
from keras import layers, ops

from hypermask_tf.surgery.compare import DifferentNetworkError
from tests.learners import hyper_mask
from tests.strangers.strangers import LOSS, X, Y, dense, fit, learner, predict


def _adapted():
    layer = layers.Normalization()
    layer.adapt(X)
    return layer


def _named(name, function):
    function.__name__ = function.__qualname__ = name
    return function


LEAKY = functools.partial(ops.leaky_relu, negative_slope=0.4)


def _scaled(factor):
    def act(x):
        return factor * ops.tanh(x)

    return act


class Factor(keras.Layer):
    """Registered nowhere, with an array as argument."""

    def __init__(self, table, **kwargs):
        super().__init__(**kwargs)
        self.table = table

    def call(self, x):
        return x * ops.convert_to_tensor(self.table)

    def get_config(self):
        return {**super().get_config(), "table": self.table}


class Gated(keras.Layer):
    """Takes a function of the user's, and wraps a layer."""

    def __init__(self, gate, inner, **kwargs):
        super().__init__(**kwargs)
        self.gate, self.inner = gate, inner

    def build(self, shape):
        if not self.inner.built:
            self.inner.build(shape)

    def call(self, x):
        return self.gate(self.inner(x))

    def get_config(self):
        inner = keras.saving.serialize_keras_object(self.inner)
        return {**super().get_config(), "gate": self.gate, "inner": inner}

    @classmethod
    def from_config(cls, config):
        inner = keras.saving.deserialize_keras_object(config["inner"])
        return cls(**{**config, "inner": inner})


class Penalty(keras.regularizers.Regularizer):
    def __call__(self, x):
        return 0.01 * ops.sum(ops.square(x))


# Layers before a head; in each, something that a configuration does not tell.
STACKS = {
    "adapted normalisation": lambda: [_adapted(), dense()],
    "fixed normalisation": lambda: [
        layers.Normalization(mean=[21.0] * 8, variance=[9.0] * 8),
        dense(),
    ],
    "own function named relu": lambda: [dense(activation=_named("relu", ops.tanh))],
    "own function named tanh": lambda: [
        dense(),
        layers.Activation(_named("tanh", lambda x: ops.relu(x) - 1.0)),
    ],
    "two functions from one factory": lambda: [
        dense(activation=_scaled(0.1)),
        layers.Dense(8, _scaled(3.0)),
    ],
    "lambda as activation": lambda: [dense(activation=lambda x: ops.relu(x) * 0.3)],
    "partial": lambda: [
        dense(activation=functools.partial(ops.leaky_relu, negative_slope=0.4))
    ],
    "Lambda": lambda: [layers.Lambda(lambda x: x * 0.1 - 1.0), dense()],
    "Lambda around a closure": lambda: [layers.Lambda(_scaled(2.0)), dense()],
    "own layer": lambda: [Factor(np.linspace(0.1, 1, 8).astype("float32")), dense()],
    "own layer around a layer": lambda: [
        Gated(lambda x: ops.sin(x), layers.Dense(8)),
        dense(),
    ],
    "wrapped own function": lambda: [
        layers.Reshape((2, 4)),
        layers.TimeDistributed(layers.Dense(8, _named("gelu", ops.sin))),
        layers.Flatten(),
        dense(),
    ],
    "own penalty": lambda: [dense(kernel_regularizer=Penalty())],
    "rescaling": lambda: [layers.Rescaling(0.1, offset=-2.0), dense()],
    "discretisation": lambda: [_discretized(), dense()],
    "nested model": lambda: [
        keras.Sequential(
            [keras.Input((8,)), _adapted(), dense(activation=_scaled(1.0))],
            name="inner",
        ),
        layers.Dense(12, "relu"),
    ],
    "recurrent, own function": lambda: [
        layers.Reshape((4, 2)),
        layers.GRU(8, activation=_named("tanh", lambda x: ops.tanh(x) * 0.2)),
        dense(),
    ],
    "dropout and batch norm": lambda: [
        dense(),
        layers.BatchNormalization(),
        layers.Dropout(0.3),
    ],
}


def _discretized():
    layer = layers.Discretization(num_bins=5)
    layer.adapt(X)
    return layer


def _close(received, expected):
    size = np.abs(expected).max()
    np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-4 * size)


@pytest.mark.backend_more
@pytest.mark.parametrize("name", STACKS)
def test_whatever_is_made_computes_the_same(name):
    if name == "discretisation" and keras.backend.backend() != "tensorflow":
        pytest.skip("Discretization takes no gradients through JAX")
    model = learner(*STACKS[name]())
    fit(model, 0, epochs=2, batch_size=128)
    expected = predict(model, 0)
    _close(predict(model.bake(0)), expected)
    _close(predict(model.bake(0, compact=True)), expected)
    _close(predict(model.extend(5), 0), expected)
    _close(predict(copy.deepcopy(model), 0), expected)
    hidden = "inner/hidden" if name == "nested model" else "hidden"
    _close(predict(model.grow({hidden: 24}), 0), expected)


SAVED = (
    "adapted normalisation",
    "rescaling",
    "discretisation",
    "dropout and batch norm",
)


@pytest.mark.backend_more
@pytest.mark.parametrize("name", SAVED)
def test_a_loaded_learner_computes_the_same_and_goes_on_alike(name, tmp_path):
    if name == "discretisation" and keras.backend.backend() != "tensorflow":
        pytest.skip("Discretization takes no gradients through JAX")
    model = learner(*STACKS[name]())
    fit(model, 0, epochs=2, batch_size=128)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    _close(predict(loaded, 0), predict(model, 0))
    _close(loaded.evaluate(X, Y, verbose=0), model.evaluate(X, Y, verbose=0))
    histories = [fit(one, 1, shuffle=False).history for one in (model, loaded)]
    np.testing.assert_allclose(*(h["task_loss"] for h in histories), rtol=1e-4)


def test_a_file_whose_function_became_another_one_is_not_loaded(tmp_path):
    model = learner(*STACKS["own function named relu"]())
    fit(model, 0)
    model.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="hidden"):
        keras.models.load_model(tmp_path / "model.keras")


class Forgetful(keras.Layer):
    """Its configuration leaves out what it computes with."""

    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        return self.factor * x

    def get_config(self):
        return {"name": self.name}


@pytest.mark.backend_more
def test_a_difference_is_an_error_that_names_the_layer():
    model = learner(dense(), Forgetful(2.0, name="doubled"), narrow=False)
    fit(model, 0)
    with pytest.raises(DifferentNetworkError, match="'doubled'"):
        model.bake(0)
    with pytest.raises(DifferentNetworkError, match="'doubled'"):
        model.extend(5)


def test_a_step_is_computed_whole_where_a_layer_would_become_another_one():
    model = learner(dense(), Forgetful(2.0, name="doubled"))
    assert "'doubled'" in model.dense_fallback_reason


class Plain(keras.Model):
    """As most people write one: no arguments, no `build`, no `get_config`."""

    def __init__(self):
        super().__init__()
        self.hidden, self.logits = layers.Dense(16, "relu"), layers.Dense(2)

    def call(self, x):
        return self.logits(self.hidden(x))


class Wide(Plain):
    def __init__(self, units):
        super().__init__()
        self.hidden = layers.Dense(units, "relu")

    def get_config(self):
        return {}


@pytest.mark.backend_more
def test_a_subclassed_model_needs_no_configuration_if_it_takes_no_arguments():
    target = Plain()
    target(X)
    model = hyper_mask(target, 2, granularity="weight", protection="current")
    model.compile("adam", LOSS)
    fit(model, 0)
    expected = predict(model, 0)
    for made in (model.bake(0), model.extend(4), copy.deepcopy(model)):
        _close(predict(made, None if type(made) is Plain else 0), expected)
    target = Wide(8)
    target(X)
    with pytest.raises(ValueError, match="subclassed target"):
        hyper_mask(target, 2, granularity="weight", protection="current")


def test_a_layer_that_cannot_be_made_is_refused_at_once():
    class Needs(keras.Layer):
        def __init__(self, factor):
            super().__init__()
            self.factor = factor

        def call(self, x):
            return self.factor * x

    with pytest.raises(ValueError, match=r"`get_config` of layer 'needs"):
        learner(dense(), Needs(2.0))


@pytest.mark.backend_more
def test_a_layer_adapted_after_wrapping_counts_everywhere():
    layer = layers.Normalization()
    model = learner(layer, dense(), rate=3e-2)
    predict(model, 0)
    layer.adapt(X)
    fit(model, 0, epochs=3)
    _close(predict(model.bake(0)), predict(model, 0))
    assert model.evaluate(X, Y, verbose=0)[1] > 0.9  # 0.5 on values around 21


@pytest.mark.backend_more
def test_an_attribute_that_is_set_counts_everywhere():
    layer = layers.Rescaling(1.0)
    model = learner(layer, dense(), narrow=True)
    fit(model, 0)
    predict(model, 0)
    layer.scale = 0.0
    logits = predict(model, 0)
    assert np.ptp(logits, axis=0).max() == 0
    _close(predict(model.bake(0)), logits)
    history = fit(model, 0, epochs=2).history
    assert history["accuracy"][-1] < 0.7  # nothing can be learned from zeros


@pytest.mark.parametrize("protection", ["used", "hard"])
def test_a_layer_that_finished_tasks_compute_with_must_not_change(protection):
    layer = layers.Rescaling(0.1)
    model = learner(layer, dense(), protection=protection)
    fit(model, 0)
    fit(model, 1)
    layer.scale = 0.2
    if protection == "used":
        with pytest.warns(UserWarning, match=layer.name):
            predict(model, 0)
        return
    with pytest.raises(ValueError, match=layer.name):
        predict(model, 0)
    layer.scale = 0.1
    predict(model, 0)


def _ids(lookup):
    inputs = keras.Input(
        (4,), dtype=lookup.dtype if lookup.dtype == "string" else "int64"
    )
    x = layers.Flatten()(layers.Embedding(8, 6)(lookup(inputs)))
    target = keras.Model(inputs, layers.Dense(2)(layers.Dense(16, "relu")(x)))
    model = hyper_mask(target, 3, sparsity=50)
    model.compile("adam", LOSS)
    return model


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="tables of TensorFlow"
)
def test_vocabularies_come_along():
    ids = np.random.default_rng(0).integers(10, 15, (64, 4))
    lookup = layers.IntegerLookup()
    lookup.adapt(ids)
    model = _ids(lookup)
    y = (ids[:, 0] > 12).astype(int)
    fit(model, 0, ids, y, epochs=3)
    expected = predict(model, 0, ids)
    for made in (model.bake(0), model.bake(0, compact=True)):
        _close(predict(made, x=ids), expected)
    for made in (model.extend(5), copy.deepcopy(model)):
        _close(predict(made, 0, ids), expected)


def test_a_tied_embedding_is_computed_whole():
    inputs = keras.Input((4,), dtype="int32")
    table = layers.ReversibleEmbedding(8, 16, tie_weights=True)
    x = table(layers.Dense(16, "relu")(table(inputs)), reverse=True)
    model = hyper_mask(keras.Model(inputs, x), 3, sparsity=50)
    assert table.name in model.dense_fallback_reason
    model.compile("adam", LOSS)
    ids = np.random.default_rng(0).integers(0, 8, (32, 4))
    fit(model, 0, ids, ids)
    _close(predict(model.bake(0), x=ids), predict(model, 0, ids))
