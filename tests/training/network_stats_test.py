"""The stats of a task's network, against counts from its masks."""

import itertools

import keras
import numpy as np
import pytest
from keras import layers

from hypermask_tf.training import NetworkStats
from tests.learners import hyper_mask

SIZES = (6, 20, 30, 3)


def _learner(**kwargs):
    inputs = x = keras.Input(SIZES[:1])
    for width in SIZES[1:-1]:
        x = layers.Dense(width, "relu")(x)
    model = hyper_mask(keras.Model(inputs, layers.Dense(SIZES[-1])(x)), 2, **kwargs)
    model.compile("adam", "mse")
    model.begin_task(0)
    return model


@pytest.mark.parametrize("sparsity", [0, 50, 90])
def test_unit_masks(sparsity):
    stats = NetworkStats.of(_learner(sparsity=sparsity), 0)
    # The percentile interpolates: ceil((n - 1) p / 100) units are off.
    widths = [
        n if i in (0, 3) else n - int(np.ceil((n - 1) * sparsity / 100))
        for i, n in enumerate(SIZES)
    ]
    macs = sum(a * b for a, b in itertools.pairwise(widths))
    assert stats.units_kept == widths[1] + widths[2]
    assert stats.macs == macs
    assert stats.parameters == macs + sum(widths[1:])


def test_weight_masks_have_no_units_and_zeros_that_stay():
    model = _learner(granularity="weight", sparsity=50)
    stats = NetworkStats.of(model, 0)
    assert stats.units_kept is None
    assert stats.nonzero_parameters < 0.7 * stats.parameters
    assert stats.parameters <= model.target.count_params()


def test_capacity_is_unknown_where_use_is_not_tracked():
    assert NetworkStats.of(_learner(protection="all"), 0).capacity_used is None
    used = NetworkStats.of(_learner(protection="used", sparsity=50), 0).capacity_used
    assert 0 < used < 1


def test_a_target_without_graph_is_learned_all_the_same():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, inputs):
            return self.dense(inputs)

        def get_config(self):
            return {}

        @classmethod
        def from_config(cls, config):
            own = cls()
            own.build((None, 6))
            return own

    target = Own()
    target(np.zeros((1, 6), "float32"))
    model = hyper_mask(target, 2, granularity="weight", protection="all")
    model.compile("adam", "mse")
    model.begin_task(0)
    with (
        keras.saving.custom_object_scope({"Own": Own}),
        pytest.warns(UserWarning, match="unknown"),
    ):
        stats = NetworkStats.of(model, 0)
    assert stats == NetworkStats(None, None, None, None, None, None)
