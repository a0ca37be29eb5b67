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
