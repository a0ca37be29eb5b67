"""A stock Keras application without its dead channels."""

import keras
import numpy as np
from keras import layers

from hypermask_tf.compaction import compact
from tests.compaction import dead


def test_a_stock_application():
    model = keras.applications.MobileNetV2(
        (32, 32, 3), alpha=0.35, weights=None, classes=5
    )
    dead.shake(model)
    # As a baked model: an off channel loses its column, its scale and its offset.
    generator = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            on = generator.random(layer.gamma.shape) < 0.4
            layer.gamma.assign(np.asarray(layer.gamma) * on)
            layer.beta.assign(np.asarray(layer.beta) * on)
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    assert smaller.count_params() < 0.6 * model.count_params()
