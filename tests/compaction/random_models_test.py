"""Random models with whatever dead in them compute the same without it."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from hypermask_tf.compaction import compact
from tests.compaction import dead
from tests.units.random_models import RandomModel


class _Compactable(RandomModel):
    """More of what a constant channel must not pass unseen."""

    image_layers = (
        *RandomModel.image_layers,
        *"padded twice twice nest_twice channel_norm slopes split".split(),
    )

    def _padded(self, x):
        pads = [[0, 0], self._one_of([[1, 0], [0, 1], [1, 1]]), [0, 0], [0, 0]]
        value = self._one_of([0.0, 0.7])
        x = ops.pad(x, pads, constant_values=value)
        return layers.CenterCrop(6, 6)(x)

    def _twice(self, x):
        """A layer on its own output, and on something else before."""
        shared = layers.Conv2D(
            x.shape[-1],
            self._one_of([1, 3]),
            padding="same",
            activation=self._activation(),
        )
        return shared(shared(x))

    def _nest_twice(self, x):
        inside = keras.Input((6, 6, x.shape[-1]))
        y = layers.Conv2D(x.shape[-1], 1, activation="sigmoid")(inside)
        inner = keras.Model(inside, layers.BatchNormalization()(y))
        return layers.Maximum()([inner(x), inner(layers.ReLU()(x))])

    def _channel_norm(self, x):
        return layers.GroupNormalization(-1)(x)

    def _slopes(self, x):
        return layers.PReLU(shared_axes=self._one_of([None, (1, 2)]))(x)

    def _split(self, x):
        if x.shape[-1] < 2:
            return x
        first, second = ops.split(x, [x.shape[-1] // 2], axis=-1)
        return layers.Concatenate()([first, layers.ReLU()(second), first[..., :1]])


_MORE = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(12, 40)]


@pytest.fixture
def _exact():
    """In float64 where the backend has it, so that rounding hides nothing."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    if keras.backend.backend() == "tensorflow":
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])


@pytest.mark.usefixtures("_exact")
@pytest.mark.parametrize("seed", [*range(12), *_MORE])
def test_the_function_stays(seed):
    model = _Compactable(seed, zero_stays=False).build(8)
    kill = dead.kill_units if seed % 3 else dead.kill_weights
    for sparsity in ((40, 80), (60,), (90,))[seed % 3]:
        dead.shake(model, seed + sparsity)
        kill(model, sparsity, seed)
        smaller = compact(model)
        for one, other in zip(
            dead.outputs_of(model), dead.outputs_of(smaller), strict=True
        ):
            assert np.isfinite(one).all()
            np.testing.assert_allclose(
                other, one, rtol=1e-6, atol=1e-6 * np.abs(one).max()
            )
        assert smaller.count_params() <= model.count_params()
    assert compact(smaller).count_params() == smaller.count_params()
