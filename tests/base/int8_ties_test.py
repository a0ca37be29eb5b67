"""Frozen weights become the same integers, whatever a task folds into them."""

import numpy as np
import pytest

from hypermask_tf.base.int8_ties import off_ties


def _integers(kernel, scales):
    """What a channel-wise int8 file stores, in float32 all the way."""
    folded = (kernel * scales).astype("float32")
    step = np.abs(folded).max(axis=(0, 1, 2), keepdims=True) / np.float32(127)
    return np.round(folded / step).astype("int8")


def _kernel(random):
    """A kernel with many weights at, and right beside, the middle of two steps."""
    kernel = random.uniform(-1, 1, (3, 3, 64, 16))
    kernel[0, 0, 0] = 1.27
    middle = (np.floor(np.abs(kernel) * 100) + 0.5) / 100
    near = middle + random.normal(size=kernel.shape) * 1e-9
    chosen = random.random(kernel.shape) < 0.2
    chosen[0, 0, 0] = False
    return np.where(chosen, np.sign(kernel) * near, kernel).astype("float32")


@pytest.mark.parametrize("seed", range(3))
def test_a_scale_of_each_channel_changes_no_integer(seed):
    random = np.random.default_rng(seed)
    kernel = _kernel(random)
    scales = [random.lognormal(size=16).astype("float32") for _ in range(20)]
    moved = off_ties(kernel, (3,))
    first = _integers(moved, scales[0])
    assert all((_integers(moved, other) == first).all() for other in scales)
    # Which it would without.
    first = _integers(kernel, scales[0])
    assert not all((_integers(kernel, other) == first).all() for other in scales)


def test_weights_hardly_move_and_most_not_at_all():
    kernel = np.random.default_rng(0).normal(size=(1, 1, 320, 1280)).astype("float32")
    moved = off_ties(kernel, (3,))
    steps = np.abs(kernel).max(axis=(0, 1, 2)) / 127
    assert (np.abs(moved - kernel) / steps).max() < 1e-3
    assert 0 < np.count_nonzero(moved != kernel) < 1e-3 * kernel.size
    np.testing.assert_array_equal(off_ties(moved, (3,)), moved)


def test_channels_of_depthwise_kernels_and_of_zeros():
    kernel = np.zeros((3, 3, 2, 1), "float32")
    kernel[0, 0] = [[1.0], [100.0]]
    kernel[1, 1] = [[10.5 / 127], [0.0]]
    moved = off_ties(kernel, (2, 3))
    assert moved[1, 1, 0, 0] != kernel[1, 1, 0, 0]
    np.testing.assert_array_equal(moved[..., 1, :], kernel[..., 1, :])
    np.testing.assert_array_equal(off_ties(kernel * 0, (2, 3)), kernel * 0)
