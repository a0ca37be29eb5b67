import keras
import numpy as np
import pytest
from keras import ops

from hypermask_tf import scenarios
from hypermask_tf.scenarios import BandMasking, BrightnessJitter

SCALE, OFFSET = [1 / 51, 1 / 102], [-2.0, -1.0]


def _run(layer, x, training=True):
    return ops.convert_to_numpy(layer(x, training=training))


def _images(batch=64):
    raw = np.random.default_rng(0).integers(0, 256, (batch, 4, 5, 2))
    return raw, (raw * SCALE + OFFSET).astype("float32")


@pytest.mark.backend
def test_brightness_scales_raw_pixels_by_one_factor_per_image():
    raw, x = _images()
    y = _run(BrightnessJitter(0.25, SCALE, OFFSET, 255, seed=1), x)
    result = (y - np.array(OFFSET)) / SCALE
    assert result.min() > -1e-3 and result.max() < 255.01
    factors = []
    for before, after in zip(raw, result, strict=True):
        inside = (before > 0) & (after < 254.9)
        ratio = after[inside] / before[inside]
        np.testing.assert_allclose(ratio, ratio.mean(), rtol=2e-3)
        factors.append(ratio.mean())
    assert 0.75 <= min(factors) < 0.85 and 1.15 < max(factors) <= 1.25


@pytest.mark.backend
def test_all_steps_in_a_layer_that_survives_saving():
    preprocessing = {"scale": SCALE, "offset": OFFSET, "raw_range": [0, 255]}
    layer = scenarios.augmentation(
        preprocessing, padding=1, flip=True, brightness=0.2, seed=3
    )
    _, x = _images()
    y = _run(layer, x)
    assert y.shape == x.shape and not np.allclose(x, y)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    np.testing.assert_array_equal(_run(copy, x), y)
    np.testing.assert_array_equal(_run(layer, x, training=False), x)


@pytest.mark.backend
def test_neighbouring_bands_are_masked_in_each_sample_by_itself():
    x = np.random.default_rng(0).uniform(1, 2, (300, 3, 10)).astype("float32")
    layer = scenarios.augmentation({}, bands=4, seed=3)
    y = _run(layer, x)
    kept = y != 0
    np.testing.assert_array_equal(y[kept], x[kept])
    assert (kept == kept[:, :1]).all()  # in all frames
    hidden = [np.flatnonzero(~sample[0]) for sample in kept]
    assert all(len(one) == np.ptp(one) + 1 for one in hidden if len(one))
    assert {len(one) for one in hidden} == {0, 1, 2, 3, 4}
    assert set(np.concatenate(hidden)) == set(range(10))
    np.testing.assert_array_equal(_run(layer, x, training=False), x)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    np.testing.assert_array_equal(_run(copy, x), y)


@pytest.mark.backend
@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_bands_are_masked_in_a_compiled_step():
    x = np.ones((8, 3, 10), "float32")
    model = keras.Sequential([keras.Input((3, 10)), BandMasking(4, seed=0)])
    model.compile(loss="mse")
    # What is masked differs from the target by 1.
    assert 0 < model.train_on_batch(x, x) < 0.4


@pytest.mark.parametrize(
    ("most", "shape"), [(-1, (2, 3, 10)), (4, (2, 3, 3)), (4, (2, 8, 8, 1))]
)
def test_bands_that_are_not_there_are_a_mistake(most, shape):
    with pytest.raises(ValueError, match="Expected"):
        BandMasking(most)(np.zeros(shape, "float32"))


def test_flips_mirror_about_every_second_image():
    _, x = _images(200)
    y = _run(scenarios.augmentation({}, flip=True, seed=0), x)
    same = np.array([np.array_equal(a, b) for a, b in zip(x, y, strict=True)])
    mirrored = np.array(
        [np.array_equal(a[:, ::-1], b) for a, b in zip(x, y, strict=True)]
    )
    assert (same ^ mirrored).all() and 70 < mirrored.sum() < 130


def test_nothing_asked_for_is_no_layer():
    assert scenarios.augmentation({"scale": 1.0}) is None


def test_a_factor_out_of_range_is_a_mistake():
    with pytest.raises(ValueError, match=r"factor=1\.5"):
        BrightnessJitter(1.5)
