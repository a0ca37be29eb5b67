"""The masked network, and the plain one that is baked from it, are the same."""

import functools

import keras
import numpy as np
import pytest
from keras import layers

import hypermask_tf as hm
from hypermask_tf.keras_private import all_layers
from hypermask_tf.masks.activations import ACTIVATIONS
from tests.hypermask import builders
from tests.learners import hyper_mask
from tests.targets.builds import BUILDS

granularities = pytest.mark.parametrize("granularity", ["weight", "unit"])


TARGETS = {
    **BUILDS,
    "small mlp": builders.mlp,
    "normalised": builders.normalised,
    "shared layer": builders.shared_layer,
}
targets = pytest.mark.parametrize("name", TARGETS)


def _shaken(name, granularity="weight", sparsity=60.0, **kwargs):
    model = builders.learner(
        TARGETS[name](), granularity=granularity, sparsity=sparsity, **kwargs
    )
    builders.shake(model.target.variables)
    model.begin_task(0)
    # A row of the bank that is not the working copy.
    builders.shake(model.target.non_trainable_variables, 1)
    model.begin_task(1)
    builders.shake(model.target.variables, 2)
    return model


@functools.cache
def _shared(name, granularity="weight"):
    """For tests that change the active task at most, and take no step."""
    return _shaken(name, granularity, narrow=False)


def _x(model, size=5):
    shape = (size, *model.target.input_shape[1:])
    return np.random.default_rng(3).normal(size=shape).astype("float32")


def _numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.backend
@targets
@granularities
def test_the_masked_network_is_the_stock_one_with_m_times_theta(name, granularity):
    model = _shared(name, granularity)
    x = _x(model)
    answers = []
    for task in (0, 1):
        model.active_task = task
        answers.append(_numpy(model.bake(task)(x)))
        np.testing.assert_allclose(_numpy(model(x)), answers[-1], rtol=1e-4, atol=1e-5)
    assert not np.allclose(*answers)


@pytest.mark.backend
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@granularities
def test_every_activation(activation, granularity):
    model = _shaken("normalised", granularity, activation=activation)
    x = _x(model)
    baked = model.bake(1)
    np.testing.assert_allclose(_numpy(model(x)), _numpy(baked(x)), rtol=1e-4, atol=1e-5)
    mask = model.mask(1)
    for variable, value in zip(
        model.target.trainable_variables, baked.trainable_variables, strict=True
    ):
        theta = _numpy(variable.value)
        expected = theta * mask[variable.path] if variable.path in mask else theta
        np.testing.assert_array_equal(_numpy(value.value), expected.astype("float32"))


@targets
@granularities
def test_a_baked_model_is_plain_keras(name, granularity, tmp_path):
    model = _shared(name, granularity)
    baked = model.bake(0)
    for layer in all_layers(baked):
        assert type(layer).__module__.startswith("keras."), layer
    baked.save(tmp_path / "baked.keras")
    reloaded = keras.saving.load_model(tmp_path / "baked.keras")
    x = _x(model)
    np.testing.assert_array_equal(_numpy(reloaded(x)), _numpy(baked(x)))


@pytest.mark.parametrize(
    ("name", "sparsity"),
    [
        *((name, 66.6) for name in TARGETS),
        *(
            pytest.param(
                *(name, sparsity),
                marks=[] if name == "normalised" else [pytest.mark.slow],
            )
            for name in TARGETS
            for sparsity in (0.0, 30.0, 95.0)
        ),
    ],
)
def test_at_least_so_many_zeros_in_every_masked_tensor(name, sparsity):
    model = _shaken(name, sparsity=sparsity, narrow=False)
    baked = model.bake(1)
    mask = model.mask(1)
    masked = [v.path in mask for v in model.target.trainable_variables]
    assert sum(masked) >= 3
    for variable, is_masked in zip(baked.trainable_variables, masked, strict=True):
        zeros = int(np.sum(_numpy(variable.value) == 0))
        size = int(np.prod(variable.shape))
        least = int(np.floor(size * sparsity / 100)) if is_masked else 0
        assert zeros >= least, variable.path


def test_baking_leaves_the_learner_as_it_is():
    model = _shaken("normalised")
    before = builders.values(model)
    builders.shake(model.bake(1).variables, 9)
    builders.assert_same(builders.values(model), before)


@targets
def test_batch_1_is_batch_n(name):
    model = _shared(name)
    x = _x(model, 6)
    together = _numpy(model(x))
    apart = np.concatenate([_numpy(model(x[i : i + 1])) for i in range(6)])
    np.testing.assert_allclose(apart, together, rtol=1e-4, atol=1e-5)


@pytest.mark.backend
def test_a_subclassed_target():
    model = builders.learner(builders.subclassed())
    builders.shake(model.target.variables)
    model.begin_task(0)
    x, _ = builders.data(0, 5)
    np.testing.assert_allclose(
        _numpy(model(x)), _numpy(model.bake(0)(x)), rtol=1e-4, atol=1e-5
    )


def test_predict_takes_the_task_and_puts_the_active_one_back():
    model = _shaken("small mlp")
    x = _x(model, 32)
    baked = _numpy(model.bake(0)(x))
    got = model.predict(x, task=0, verbose=0)
    np.testing.assert_allclose(got, baked, rtol=1e-4, atol=1e-5)
    assert model.active_task == 1


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_baking_for_another_policy(policy):
    keras.config.set_dtype_policy(policy)
    try:
        target = builders.normalised()
    finally:
        keras.config.set_dtype_policy("float32")
    model = builders.learner(target)
    builders.shake(model.target.variables)
    x, _ = builders.data(0, 5)
    same, plain = model.bake(0), model.bake(0, "float32")
    assert {layer.compute_dtype for layer in same.layers[1:]} == {
        policy.removeprefix("mixed_")
    }
    assert {layer.compute_dtype for layer in plain.layers} == {"float32"}
    np.testing.assert_allclose(
        _numpy(model(x)).astype("float32"), _numpy(plain(x)), rtol=0.1, atol=0.1
    )


def test_transductive_normalisation_is_refused():
    inputs = keras.Input((8,))
    x = hm.TransductiveBatchNormalization(name="norm")(layers.Dense(4)(inputs))
    model = builders.learner(keras.Model(inputs, layers.Dense(3)(x)))
    with pytest.raises(ValueError, match=r"cannot be baked.*Received: layer 'norm'"):
        model.bake(0)


@pytest.mark.parametrize(
    "granularity", [pytest.param("weight", marks=pytest.mark.slow), "unit"]
)
def test_mobilenet_bakes(granularity):
    target = keras.applications.MobileNetV3Small(
        (32, 32, 3), weights=None, classes=3, include_preprocessing=False
    )
    model = hyper_mask(
        target, 2, hm.ChunkedHypernetwork(4, (4,)), granularity=granularity, sparsity=50
    )
    model.begin_task(0)
    x = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype("float32")
    masked, baked = _numpy(model(x)), _numpy(model.bake(0)(x))
    np.testing.assert_allclose(masked, baked, rtol=1e-3, atol=1e-5)


@pytest.mark.slow
@granularities
def test_mobilenet_learns(granularity):
    target = keras.applications.MobileNetV3Small(
        (32, 32, 3), weights=None, classes=3, include_preprocessing=False
    )
    model = hyper_mask(
        target, 2, hm.ChunkedHypernetwork(4, (4,)), granularity=granularity, sparsity=50
    )
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    x = np.random.default_rng(0).normal(size=(16, 32, 32, 3)).astype("float32")
    y = np.arange(16) % 3
    for task in (0, 1):
        history = model.fit(x, y, batch_size=8, task=task, verbose=0)
        assert np.isfinite(history.history["loss"]).all()
