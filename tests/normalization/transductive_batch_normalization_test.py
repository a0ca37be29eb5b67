import keras
import numpy as np

from hypermask_tf import TransductiveBatchNormalization


def test_the_batch_at_hand_is_what_it_normalises_by():
    layer = TransductiveBatchNormalization(epsilon=0.0)
    x = np.random.default_rng(0).normal(3.0, 2.0, size=(50, 4)).astype("float32")
    expected = (x - x.mean(0)) / x.std(0)
    for training in (True, False, None):
        got = keras.ops.convert_to_numpy(layer(x, training=training))
        np.testing.assert_allclose(got, expected, atol=1e-4)


def test_config_round_trip():
    layer = TransductiveBatchNormalization(momentum=0.5, name="norm")
    config = keras.saving.serialize_keras_object(layer)
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is TransductiveBatchNormalization
    assert copy.get_config() == layer.get_config()


def test_places_that_are_masked_do_not_count():
    layer = TransductiveBatchNormalization(epsilon=0.0)
    random = np.random.default_rng(0)
    x = random.normal(3.0, 2.0, size=(20, 6, 4)).astype("float32")
    mask = random.random((20, 6)) < 0.5
    seen = x[mask]
    expected = (x - seen.mean(0)) / seen.std(0)
    for training in (True, False, None):
        got = layer(x, training=training, mask=keras.ops.convert_to_tensor(mask))
        got = keras.ops.convert_to_numpy(got)
        np.testing.assert_allclose(got, expected, atol=1e-4)
    assert np.abs(expected - (x - x.mean((0, 1))) / x.std((0, 1))).max() > 0.01
