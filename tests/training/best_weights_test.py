"""The copy of the best weights outlives the training that goes on after it."""

import keras
import numpy as np
import pytest

from hypermask_tf.training.best_weights import BestWeights
from tests.hypermask import builders

pytestmark = pytest.mark.backend


def _values(model):
    return [np.array(v) for v in map(keras.ops.convert_to_numpy, model.target.weights)]


def _assert_same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


class _Falling(keras.callbacks.Callback):
    """Says that the first epoch was the best, and notes the weights of each."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs):
        self.seen.append(_values(self.model))
        logs["merit"] = -float(epoch)


def test_they_are_those_of_the_best_epoch_though_steps_overwrite_them():
    model = builders.learner(builders.mlp())
    x, y = builders.data()
    noted, best = _Falling(), BestWeights("merit")
    model.fit(x, y, task=0, epochs=3, verbose=0, callbacks=[noted, best])
    assert best.best_epoch == 0
    assert any(
        (a != b).any() for a, b in zip(noted.seen[0], noted.seen[2], strict=True)
    )
    _assert_same(_values(model), noted.seen[0])


def test_what_it_hands_over_to_a_checkpoint_are_arrays_that_it_takes_back():
    model = builders.learner(builders.mlp())
    x, y = builders.data()
    kept = []

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            kept.append((best.state(), best.arrays()))

    noted, best = _Falling(), BestWeights("merit")
    model.fit(x, y, task=0, epochs=1, verbose=0, callbacks=[noted, best, Look()])
    state, arrays = kept[0]
    assert all(type(array) is np.ndarray for array in arrays)
    again = BestWeights("merit")
    again.restore(state, arrays)
    again.set_model(model)
    model.target.weights[0].assign(model.target.weights[0] + 1)
    again.on_train_begin()
    again.on_train_end()
    _assert_same(_values(model), noted.seen[0])
