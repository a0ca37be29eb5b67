"""A learner that is shown self-made outliers."""

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from tests.hypermask import builders
from tests.learners import hyper_mask

pytestmark = pytest.mark.backend
SHAPE = (6, 6, 1)


def _target(norm=False):
    inputs = keras.Input(SHAPE)
    x = keras.layers.Flatten()(inputs)
    x = keras.layers.Dense(12)(x)
    if norm:
        x = keras.layers.BatchNormalization(momentum=0.5)(x)
        x = keras.layers.Dropout(0.2, seed=1)(x)
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.ReLU()(x)))


def _data(size=64):
    """A bar in the middle, bright or dark, in noise."""
    random = np.random.default_rng(0)
    x = random.normal(size=(size, *SHAPE)) * 0.1
    y = np.arange(size, dtype="int32") % 2
    x[:, 2:4, 1:5] += np.where(y, 1.0, -1.0)[:, None, None, None]
    return x.astype("float32"), y


def _learner(norm=False, **kwargs):
    keras.utils.set_random_seed(0)
    return builders.learner(_target(norm), **kwargs)


def _learn(model, task, epochs=1):
    options = {"batch_size": 32, "shuffle": False, "verbose": 0}
    return model.fit(*_data(), task=task, epochs=epochs, **options).history


def _outliers(weight=0.5, **kwargs):
    return hm.outliers.SelfMadeOutliers(weight, seed=3, **kwargs)


class _Seen(hm.outliers.SelfMadeOutliers):
    """Outliers far away from all data, which would move any statistic."""

    def call(self, inputs):
        return super().call(inputs) + 1000.0


def test_a_weight_of_nought_changes_nothing():
    results = []
    for outliers in (None, _outliers(0.0)):
        model = _learner(outliers=outliers, norm=True)
        for task in range(2):
            _learn(model, task)
        variables = [*model.weights, *model.optimizer.variables]
        results.append([keras.ops.convert_to_numpy(v.value) for v in variables])
    # XLA, which JAX compiles by, rounds the longer program otherwise, and Adam enlarges
    # that where a gradient is nought.
    tolerance = 2e-3 if keras.backend.backend() == "jax" else 0.0
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)


def test_statistics_of_batches_do_not_see_them():
    model = _learner(outliers=_Seen(0.0, seed=3), norm=True, normalization="shared")
    _learn(model, 0)
    norm = model.target.layers[3]
    assert isinstance(norm, keras.layers.BatchNormalization)
    mean = keras.ops.convert_to_numpy(norm.moving_mean)
    assert 0 < np.abs(mean).max() < 10


def test_the_logs_tell_the_term_and_the_loss_holds_it_once():
    model = _learner(outliers=_outliers(), lam=0.1, protection="all")
    _learn(model, 0)
    logs = _learn(model, 1)
    terms = ("task_loss", "output_regularization", "weight_regularization")
    assert logs["outlier_loss"][0] > 0
    parts = sum(logs[name][0] for name in (*terms, "outlier_loss"))
    assert logs["loss"][0] == pytest.approx(parts, rel=1e-4)
    logs = model.evaluate(*_data(), task=0, verbose=0, return_dict=True)
    assert logs.keys() == {"loss", "accuracy"}
    assert "outlier_loss" not in _learn(_learner(), 0)


@pytest.mark.slow
def test_the_network_learns_to_tell_them():
    x, y = _data()
    bent = np.asarray(_outliers(strength=0.5)(x))
    known = []
    for outliers in (None, _outliers(1.0, strength=0.5)):
        model = _learner(outliers=outliers, granularity="unit", sparsity=0)
        _learn(model, 0, epochs=40)
        logits = [model.predict(a, verbose=0) for a in (x, bent)]
        own, other = (np.logaddexp(z[:, 0], z[:, 1]) for z in logits)
        known.append(((own > 0).mean() + (other < 0).mean()) / 2)
        assert (logits[0].argmax(axis=1) == y).mean() > 0.95
    assert known[1] > max(0.8, known[0] + 0.1)


def test_a_resumed_run_is_the_uninterrupted_one(tmp_path):
    model = _learner(outliers=_outliers(), norm=True)
    _learn(model, 0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.outliers.get_config() == model.outliers.get_config()
    for one in (model, loaded):
        _learn(one, None)
        _learn(one, 1)
    builders.assert_same(builders.values(loaded), builders.values(model))


def test_copies_have_them_too():
    model = _learner(outliers=_outliers(0.75))
    _learn(model, 0)
    longer = model.extend(5)
    assert longer.outliers is not model.outliers
    assert longer.outliers.weight == 0.75
    _learn(longer, 1)


def test_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        target = _target(norm=True)
    finally:
        keras.config.set_dtype_policy("float32")
    model = builders.learner(target, outliers=_outliers())
    assert np.isfinite(_learn(model, 0, epochs=2)["outlier_loss"]).all()


def test_a_loss_that_expects_probabilities():
    model = hyper_mask(_target(), 2, outliers=_outliers())
    with pytest.raises(ValueError, match="from_logits=True"):
        model.compile("adam", "sparse_categorical_crossentropy")
    model.compile("adam", "mse")  # says nothing of it
