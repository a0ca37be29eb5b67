"""Bending images, against NumPy."""

import keras
import numpy as np
import pytest

from hypermask_tf.outliers.warping import warp

pytestmark = pytest.mark.backend


def _numbered(batch=6, height=9, width=7, channels=2):
    """Every pixel of every image has a value of its own."""
    shape = (batch, height, width, channels)
    return np.arange(np.prod(shape), dtype="float32").reshape(shape)


def _warp(x, strength, seed=0):
    made = warp(x, strength, keras.random.SeedGenerator(seed))
    return keras.ops.convert_to_numpy(made)


def test_every_pixel_is_one_of_its_own_image():
    x = _numbered()
    y = _warp(x, 0.5)
    assert y.shape == x.shape
    for image, made in zip(x, y, strict=True):
        assert np.isin(made[..., 0], image[..., 0]).all()
        # The channels of a pixel stay together.
        np.testing.assert_array_equal(made[..., 1], made[..., 0] + 1)


def test_no_strength_is_no_change():
    x = _numbered()
    np.testing.assert_array_equal(_warp(x, 0.0), x)


def test_every_image_is_bent_in_its_own_way_and_smoothly():
    side = 21
    rows = np.broadcast_to(np.arange(side, dtype="float32")[:, None], (side, side))
    x = np.repeat(rows[None, ..., None], 200, axis=0)
    moved = (_warp(x, 0.05, seed=3) - x)[..., 0]
    # In the middle, where the edge holds nothing back: a share of the side.
    assert moved[:, 7, 7].std() == pytest.approx(0.05 * side, rel=0.2)
    assert len(np.unique(moved[:, 7, 7])) > 3
    assert abs(moved[:, 7, 7].mean()) < 0.3
    assert np.abs(np.diff(moved, axis=2)).max() <= 2  # neighbours stay together


def test_the_seed_decides():
    x = _numbered()
    np.testing.assert_array_equal(_warp(x, 0.3, 5), _warp(x, 0.3, 5))
    assert (_warp(x, 0.3, 5) != _warp(x, 0.3, 6)).any()
