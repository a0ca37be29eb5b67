"""What every registered target can do; under a learner: `tests/hypermask`."""

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from tests.targets.builds import BUILDS, CLASSES, samples, shake

builds = pytest.mark.parametrize("name", BUILDS)


def _numpy(tensor):
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32"))


def test_every_registered_target_has_a_build():
    assert {build.target for build in BUILDS.values()} == set(hm.targets.names())


def test_an_unknown_target_is_named():
    with pytest.raises(
        ValueError, match=r"one of \['conv1d', 'convnet'.*Received: 'lenet'"
    ):
        hm.targets.get("lenet")


@builds
def test_is_a_plain_keras_model_from_images_to_logits(name):
    model = BUILDS[name](name="mine")
    assert model.name == "mine"
    assert model.output_shape == (None, CLASSES)
    for operation in model.operations:
        assert type(operation).__module__.startswith("keras."), operation
    # No softmax at the end, which the loss does.
    logits = _numpy(shake(model)(samples(BUILDS[name])))
    assert (logits < 0).any() and not np.allclose(logits.sum(-1), 1)


@builds
def test_a_saved_model_predicts_the_same(name, tmp_path):
    model = shake(BUILDS[name]())
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    x = samples(BUILDS[name])
    np.testing.assert_array_equal(_numpy(again(x)), _numpy(model(x)))


@builds
def test_its_config_makes_the_same_network(name):
    model = shake(BUILDS[name]())
    again = keras.Model.from_config(model.get_config())
    assert [v.path for v in again.weights] == [v.path for v in model.weights]
    again.set_weights(model.get_weights())
    x = samples(BUILDS[name])
    np.testing.assert_array_equal(_numpy(again(x)), _numpy(model(x)))


@builds
def test_batch_1_is_batch_n(name):
    model, x = shake(BUILDS[name]()), samples(BUILDS[name])
    together = _numpy(model(x))
    apart = np.concatenate([_numpy(model(row[None])) for row in x])
    tolerance = 1e-5 * max(1.0, np.abs(together).max())
    np.testing.assert_allclose(apart, together, rtol=1e-4, atol=tolerance)


@builds
def test_a_mixed_precision_forward_is_close(name):
    model, x = BUILDS[name](), samples(BUILDS[name])
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = BUILDS[name]()
    finally:
        keras.config.set_dtype_policy("float32")
    mixed.set_weights(model.get_weights())
    assert {v.dtype for v in mixed.trainable_variables} == {"float32"}
    assert mixed.get_layer("logits").compute_dtype == "bfloat16"
    expected = _numpy(model(x))
    np.testing.assert_allclose(_numpy(mixed(x)), expected, rtol=0.05, atol=0.02)


@builds
def test_first_weights(name):
    """The authors' rule: uniform, variance 1/(3 fan_in), biases too; or Keras's."""
    if BUILDS[name].target in ("conv1d", "convnet"):
        pytest.skip("this network has no choice of first weights")
    for layer in BUILDS[name](initializer="authors").layers:
        if not hasattr(layer, "kernel"):
            continue
        fan_in = int(np.prod(layer.kernel.shape[:-1]))
        for variable in (layer.kernel, layer.bias):
            values = _numpy(variable.value) * np.sqrt(fan_in)
            assert np.abs(values).max() <= 1 and values.std() > 0
        if np.prod(layer.kernel.shape) > 1000:
            assert abs(_numpy(layer.kernel.value).var() * 3 * fan_in - 1) < 0.1
    for layer in BUILDS[name](initializer="keras").layers:
        if hasattr(layer, "kernel"):
            assert not _numpy(layer.bias.value).any()
    with pytest.raises(ValueError, match="Received: initializer='ours'"):
        BUILDS[name](initializer="ours")
