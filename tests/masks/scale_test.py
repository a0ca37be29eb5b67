import keras
import numpy as np
import pytest
from keras import layers, ops

import hypermask_tf as hm
from hypermask_tf.masks import find_roles
from hypermask_tf.masks.scale import scales


def test_width_keeps_the_variance_of_a_sum_over_what_is_on():
    random = np.random.default_rng(0)
    inputs, weights = random.normal(size=(2, 20_000, 100))
    for sparsity in (0, 50, 90):
        (scale,) = scales("width", (sparsity,))
        mask = scale * (np.arange(100) >= sparsity)
        assert np.var((inputs * mask * weights).sum(-1)) == pytest.approx(100, rel=0.05)


def test_numbers_go_to_groups():
    assert scales(2, (10, 20)) == (2, 2)
    assert scales([2, 3], (10, 20)) == (2, 3)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("wide", 'must be "width"'),
        (0, "positive and finite"),
        (-1, "positive and finite"),
        (float("inf"), "positive and finite"),
        (float("nan"), "positive and finite"),
        ([1, 2, 3], "one for each of the 2 groups"),
    ],
)
def test_what_is_no_scale(given, message):
    with pytest.raises(ValueError, match=message):
        scales(given, (10, 20))


@pytest.mark.parametrize("kind", [hm.UnitMasks, hm.WeightMasks])
@pytest.mark.parametrize("scale", [3.0, [3.0, 2.0], "width"])
def test_a_scale_multiplies_what_is_on_and_switches_nothing(kind, scale):
    inputs = keras.Input((8,))
    x = layers.Dense(6, "relu")(layers.Dense(8, "relu")(inputs))
    target = keras.Model(inputs, layers.Dense(2)(x))
    roles = find_roles(target)
    plain = kind(50.0, scale=1).layout(target, roles, True)
    groups = len(plain.group_sizes)
    if isinstance(scale, list):
        scale = (scale * groups)[:groups]
    scaled = kind(50.0, scale=scale).layout(target, roles, True)
    scores = np.random.default_rng(0).normal(size=plain.num_scores).astype("float32")
    before = ops.convert_to_numpy(plain.values(scores))
    after = ops.convert_to_numpy(scaled.values(scores))
    factors = np.repeat(scaled.scales, plain.group_sizes)
    assert len(scaled.scales) == groups and 0 < np.mean(before == 0) < 1
    np.testing.assert_allclose(after, before * factors, rtol=1e-6)
