import keras
import numpy as np
import pytest
from keras import layers, ops

from hypermask_tf.masks import WeightLayout, find_roles


@pytest.fixture
def target():
    inputs = x = keras.Input((6,))
    x = layers.BatchNormalization()(layers.Dense(5, "relu")(x))
    return keras.Model(inputs, layers.Dense(3)(x))


def _layout(target, sparsity=40.0, activation="abs_tanh"):
    return WeightLayout(target, find_roles(target), sparsity, activation)


def test_one_score_per_weight_in_the_order_of_the_variables(target):
    layout = _layout(target)
    assert layout.group_sizes == (30, 5, 15, 3)
    scores = np.random.default_rng(0).normal(size=53).astype("float32")
    masks = layout.masks(ops.convert_to_tensor(scores))
    assert [m is None for m in masks] == [False, False, True, True, False, True]
    start = 0
    for size, mask in zip((30, 5, 15), (masks[0], masks[1], masks[4]), strict=True):
        soft = np.abs(np.tanh(scores[start : start + size].astype("float64")))
        expected = np.where(soft >= np.percentile(soft, 40), soft, 0)
        np.testing.assert_allclose(ops.convert_to_numpy(mask).ravel(), expected, 1e-6)
        start += size


def test_current_use_of_the_output_bias_is_not_thresholded(target):
    layout = _layout(target)
    scores = np.random.default_rng(0).normal(size=53).astype("float32")
    masks = layout.masks(ops.convert_to_tensor(scores))
    use = layout.current_use(ops.convert_to_tensor(scores), masks)
    np.testing.assert_allclose(
        ops.convert_to_numpy(use[5]), np.abs(np.tanh(scores[-3:])), 1e-6
    )
    assert all(one is other for one, other in zip(use[:5], masks[:5], strict=True))


def test_sparsity_0_prunes_nothing(target):
    masks = _layout(target, 0.0, "binary").masks(ops.zeros(53))
    assert all((ops.convert_to_numpy(m) == 1).all() for m in masks if m is not None)


@pytest.mark.parametrize("sparsity", [-1, 100, 101, float("nan")])
def test_a_sparsity_out_of_range(target, sparsity):
    with pytest.raises(ValueError, match="`sparsity` is a percentage"):
        _layout(target, sparsity)
