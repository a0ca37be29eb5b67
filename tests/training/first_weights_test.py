"""Going back to first weights."""

import keras
import numpy as np
from keras import layers

from hypermask_tf.training import FirstWeights


def test_everything_but_random_state_goes_back():
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(5),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(2),
        ]
    )
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(32, 6)), rng.normal(size=(32, 2))
    first, before = FirstWeights(model), model.get_weights()
    for _ in range(2):
        model.compile("adam", "mse", jit_compile=False)
        drawn = [np.asarray(v.value) for v in model.variables if "seed" in v.path]
        model.fit(x, y, verbose=0)
        assert not any(map(np.array_equal, model.get_weights(), before))
        first.restore(model)
        for now, then in zip(model.get_weights(), before, strict=True):
            np.testing.assert_array_equal(now, then)
        later = [np.asarray(v.value) for v in model.variables if "seed" in v.path]
        assert not np.array_equal(drawn, later)
