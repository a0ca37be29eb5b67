"""A learner that computes what is on is the learner that computes everything."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import hypermask_tf as hm
from hypermask_tf.units import register_rule, rules
from tests.hypermask import builders

OPTIONS = {
    "used": {"protection": "used", "lam": 1.0},
    "hard": {"protection": "hard", "reuse": 0.0, "head": "per_task"},
    "binary": {"activation": "binary"},
    "current": {"protection": "current"},
    "half reuse": {"reuse": 0.5},
}


def _batch_norm():
    inputs = keras.Input((builders.FEATURES,))
    # Without a bias: its gradient is nothing but rounding in front of batch norm.
    x = layers.Dense(16, use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.5)(x))
    return keras.Model(inputs, layers.Dense(3, name="logits")(x))


def _shortcuts():
    """A residual network whose shortcuts pad channels with zeros."""
    inputs = keras.Input((builders.FEATURES,))
    image = layers.Reshape((4, 2, 1))(inputs)
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    y = layers.Conv2D(8, 3, padding="same", name="branch")(x)
    short = ops.pad(x, [[0, 0], [0, 0], [0, 0], [2, 2]])
    x = layers.ReLU()(layers.Add()([y, short]))
    return keras.Model(inputs, layers.Dense(3)(layers.Flatten()(x)))


def _transferred():
    """A base called as if it were not trained."""
    inputs = keras.Input((builders.FEATURES,))
    x = layers.Dense(16, "relu", use_bias=False)(inputs)
    base = keras.Model(inputs, layers.Dense(12, "tanh")(x))
    inputs = keras.Input((builders.FEATURES,))
    return keras.Model(inputs, layers.Dense(3)(base(inputs, training=False)))


TARGETS = {
    "mlp": builders.mlp,
    "sigmoid": lambda: builders.mlp("sigmoid"),
    "batch norm": _batch_norm,
    "shortcuts": _shortcuts,
    "transferred": _transferred,
}


def _learner(narrow, target, **kwargs):
    keras.utils.set_random_seed(3)
    options = {"granularity": "unit", "narrow": narrow, "lam": 0.1, **kwargs}
    model = builders.learner(target(), optimizer=keras.optimizers.SGD(0.05), **options)
    assert (not model.dense_fallback_reason) == narrow
    return model


def _same(one, other, tolerance=2e-5):
    for a, b in zip(one.weights, other.weights, strict=True):
        # A unit that is off leaves its moving statistics where they are; computed,
        # they would follow zeros.
        if not a.name.startswith("moving") and "norms" not in a.path:
            np.testing.assert_allclose(
                ops.convert_to_numpy(a), ops.convert_to_numpy(b), atol=tolerance
            )
    if any("norm" in layer.name for layer in one.target.layers):
        return
    for task in range(one.num_learned_tasks):
        x, _ = builders.data(task)
        np.testing.assert_allclose(
            one.predict(x, task=task, verbose=0),
            other.predict(x, task=task, verbose=0),
            atol=20 * tolerance,
        )


@pytest.mark.backend
@pytest.mark.parametrize("options", OPTIONS)
def test_the_same_is_learned_whatever_is_protected(options):
    models = [
        _learner(flag, builders.mlp, **OPTIONS[options]) for flag in (True, False)
    ]
    for model in models:
        for task in range(2):
            builders.learn(model, task)
    _same(*models)


@pytest.mark.backend
@pytest.mark.parametrize("target", TARGETS)
def test_the_same_is_learned_by_every_kind_of_layer(target):
    models = [_learner(flag, TARGETS[target]) for flag in (True, False)]
    for model in models:
        for task in range(2):
            builders.learn(model, task)
    _same(*models)


def test_compiled_steps_do_the_same_too():
    models = [
        _learner(flag, builders.mlp, compile={**builders.COMPILED, "jit_compile": flag})
        for flag in (True, False)
    ]
    for model in models:
        builders.learn(model, 0)
    _same(*models)


def test_a_step_with_batch_norm_leaves_the_same_network():
    models = [_learner(flag, _batch_norm) for flag in (True, False)]
    x, y = builders.data(0)
    for model in models:
        model.fit(x, y, batch_size=64, task=0, verbose=0)
    outputs = [model.predict(x, verbose=0) for model in models]
    np.testing.assert_allclose(*outputs, atol=1e-5)


def test_statistics_of_a_unit_that_is_off_stay():
    model = _learner(True, _batch_norm)
    builders.learn(model, 0)
    moving = next(v for v in model.target.weights if v.name == "moving_mean")
    moved = ops.convert_to_numpy(moving) != 0
    on = model.units_on(0)
    # One that was on for some steps has moved too.
    assert moved[on].all() and not moved.all()


def test_what_is_baked_computes_the_same():
    model = _learner(True, _shortcuts)
    builders.learn(model, 0)
    x, _ = builders.data(0)
    for compact in (False, True):
        baked = model.bake(task=0, compact=compact)
        np.testing.assert_allclose(
            baked.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-5
        )


@pytest.mark.parametrize(
    "options",
    [{"ramp_steps": 5}, {"sparsity": 0}],
    ids=lambda options: next(reversed(options)),
)  # fmt: skip
def test_where_widths_differ_or_all_is_on_everything_is_computed(options):
    model = builders.learner(**{"granularity": "unit", **options})
    assert model.dense_fallback_reason


class Centred(keras.Layer):
    """Each channel depends on all of them, whatever its rule says."""

    def call(self, x):
        return x - keras.ops.mean(x, axis=-1, keepdims=True)


register_rule(Centred)(rules.Elementwise)


def test_a_rule_that_is_wrong_is_noticed_and_its_layer_named():
    x = inputs = keras.Input((builders.FEATURES,))
    x = layers.Dense(12, "relu", name="before")(x)
    x = layers.Dense(12, "relu", name="behind")(Centred(name="centred")(x))
    target = keras.Model(inputs, layers.Dense(builders.CLASSES)(x))
    model = builders.learner(target, granularity="unit", sparsity=50)
    assert "did not agree" in model.dense_fallback_reason
    assert model.dense_fallback_reason.endswith("first in layer 'centred'")


def test_it_is_saved_and_loaded(tmp_path):
    for narrow in (True, False):
        model = _learner(narrow, builders.mlp)
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        assert isinstance(loaded, hm.HyperMask)
        assert (not loaded.dense_fallback_reason) == narrow


def test_units_with_equal_scores_are_on_in_order():
    model = _learner(True, builders.mlp)
    scores = ops.ones((model.state.unit_layout.num_scores,))
    on = ops.convert_to_numpy(model.state.unit_layout.keep(scores))
    assert on[:16].tolist() == [True] * 8 + [False] * 8
    assert on[16:].tolist() == [True] * 6 + [False] * 6
