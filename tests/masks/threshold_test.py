import numpy as np
import pytest
from keras import ops

from hypermask_tf.masks import threshold

_SIZES = (1, 2, 3, 10, 11, 101, 400, 1000, 4999, 5000)
_SPARSITIES = (0.0, 0.1, 10.0, 30.0, 33.3, 50.0, 66.6, 90.0, 99.0, 99.9)


def _kept(magnitudes, sparsity):
    """The reference: numpy's percentile over each group."""
    return [m >= np.percentile(m.astype("float64"), sparsity) for m in magnitudes]


def _keep_largest(groups, sparsity, ramp=None):
    sizes = [len(group) for group in groups]
    at = threshold.ranks(sizes, [sparsity] * len(sizes), ramp)
    magnitudes = ops.convert_to_tensor(np.concatenate(groups))
    kept = threshold.keep_largest(magnitudes, sizes, at)
    # As in a compiled step.
    parts = [ops.convert_to_tensor(group.view("int32")) for group in groups]
    _assert_same_thresholds(parts, at)
    return np.split(ops.convert_to_numpy(kept), np.cumsum(sizes)[:-1])


def _assert_same_thresholds(parts, at):
    found = [find(parts, at) for find in (threshold._halved, threshold._selected)]
    np.testing.assert_array_equal(*map(ops.convert_to_numpy, found))


@pytest.mark.parametrize("sparsity", _SPARSITIES)
def test_masks_are_those_of_numpy_percentile(sparsity):
    generator = np.random.default_rng(int(10 * sparsity))
    groups = [np.abs(generator.normal(size=n)).astype("float32") for n in _SIZES]
    for got, expected in zip(
        _keep_largest(groups, sparsity), _kept(groups, sparsity), strict=True
    ):
        np.testing.assert_array_equal(got, expected)


def test_rank_is_that_of_numpy_percentile():
    generator = np.random.default_rng(0)
    for _ in range(300):
        size = int(generator.integers(1, 5001))
        sparsity = float(np.round(generator.uniform(0, 99.9), generator.integers(0, 3)))
        values = np.arange(size, dtype="float64")
        # Arange's percentile is the fractional rank itself.
        expected = np.sum(values < np.round(np.percentile(values, sparsity), 9))
        assert threshold.rank(size, sparsity) == expected, (size, sparsity)


def test_at_least_the_asked_share_is_zero():
    groups = [np.random.default_rng(1).permutation(n).astype("float32") for n in _SIZES]
    for sparsity in _SPARSITIES:
        for kept in _keep_largest(groups, sparsity):
            assert np.sum(~kept) >= np.floor(len(kept) * sparsity / 100)


def test_ties_at_the_threshold_are_all_kept():
    group = np.array([0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 3], "float32")
    for sparsity in (5.0, 20.0, 30.0, 50.0, 65.0, 90.0):
        (got,) = _keep_largest([group], sparsity)
        np.testing.assert_array_equal(got, _kept([group], sparsity)[0])


def test_equal_magnitudes_are_all_kept():
    (kept,) = _keep_largest([np.zeros(7, "float32")], 90.0)
    assert kept.all()


@pytest.mark.parametrize("magnitude", [1e-45, 1e-38, 1e-4, 3e38])
def test_any_finite_magnitude(magnitude):
    scale = np.linspace(0.0, 1.0, 11) * np.float64(magnitude)
    group = scale.astype("float32")
    (got,) = _keep_largest([group], 50.0)
    threshold_bits = np.sort(group.view("int32"))[5]
    np.testing.assert_array_equal(got, group.view("int32") >= threshold_bits)


def test_ramp_scales_the_percentile():
    generator = np.random.default_rng(2)
    groups = [np.abs(generator.normal(size=n)).astype("float32") for n in (50, 331)]
    for step in range(1, 7):
        got = _keep_largest(groups, 30.0, ops.convert_to_tensor(step / 6, "float32"))
        for one, other in zip(got, _kept(groups, 30.0 * step / 6), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_risen_ramp_changes_nothing():
    for sparsity in _SPARSITIES:
        each = [sparsity] * len(_SIZES)
        risen = threshold.ranks(_SIZES, each, ops.convert_to_tensor(1.0, "float32"))
        never = threshold.ranks(_SIZES, each, None)
        np.testing.assert_array_equal(
            ops.convert_to_numpy(risen), ops.convert_to_numpy(never)
        )


def test_ranks_that_no_magnitude_has():
    """Below all, where more is asked for than there is; above all for nothing."""
    parts = [ops.convert_to_tensor(np.arange(4, dtype="int32"))] * 5
    parts.append(ops.convert_to_tensor(np.float32([0, np.inf, np.nan]).view("int32")))
    at = ops.convert_to_tensor([-3, 0, 3, 4, 9, 2], dtype="int32")
    _assert_same_thresholds(parts, at)
