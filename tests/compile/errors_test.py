"""A `compile` that raises leaves the learner as it was."""

import keras
import pytest
from keras import optimizers

import hypermask_tf as hm
from tests.compile import kinds

pytestmark = pytest.mark.backend_more
FAILING = {
    "no such optimizer": {"optimizer": "adamm"},
    "no such loss": {"loss": "mean_squarred_error"},
    "no such metric": {"metrics": ["acuracy"]},
    "no such weighted metric": {"weighted_metrics": [["acuracy"]]},
    "a number for a loss": {"loss": 5},
    "a number for a metric": {"metrics": [3]},
    "metrics without a list": {"metrics": "accuracy"},
    "no such argument": {"metric": ["accuracy"]},
}


def _expect_unchanged(model, call):
    before = kinds.measure(model)
    optimizer, functions = model.optimizer, model.train_function
    config = model.get_compile_config()
    with pytest.raises((ValueError, TypeError)):
        call()
    assert model.optimizer is optimizer and model.train_function is functions
    assert model.get_compile_config() == config
    assert kinds.measure(model) == pytest.approx(before)
    kinds.learn(model, 1)


@pytest.mark.parametrize("kind", FAILING)
def test_what_was_compiled_stays(kind):
    model = kinds.learner()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.Adam(0.01), loss, metrics=["accuracy"], **kinds.QUICK)
    kinds.learn(model, 0)
    arguments = {"optimizer": "sgd", "loss": "mse", **FAILING[kind]}
    _expect_unchanged(model, lambda: model.compile(**arguments))


@pytest.mark.parametrize("kind", FAILING)
def test_what_was_not_compiled_still_is_not(kind):
    model = kinds.learner()
    with pytest.raises((ValueError, TypeError)):
        model.compile(**{"optimizer": "sgd", "loss": "mse", **FAILING[kind]})
    assert not model.compiled and not hasattr(model, "optimizer")
    with pytest.raises(ValueError, match="compile"):
        kinds.learn(model, 0)


PROBABILITIES = {
    "word": "sparse_categorical_crossentropy",
    "short word": "ce",
    "crossentropy": "crossentropy",
    "object": keras.losses.SparseCategoricalCrossentropy(),
    "function": keras.losses.sparse_categorical_crossentropy,
}


@pytest.mark.parametrize("kind", PROBABILITIES)
def test_a_loss_of_probabilities_beside_outliers(kind):
    loss = PROBABILITIES[kind]
    model = kinds.learner(outliers=hm.outliers.SelfMadeOutliers())
    good = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with pytest.raises(ValueError, match="logits"):
        model.compile("adam", loss)
    assert not model.compiled
    model.compile(optimizers.Adam(0.01), good, **kinds.QUICK)
    optimizer = model.optimizer
    with pytest.raises(ValueError, match="logits"):
        model.compile("adam", loss)
    assert model.optimizer is optimizer and model.loss is good
