import numpy as np
import pytest
from keras import ops

from hypermask_tf.masks import AnyUnits, FreeUnitsFirst
from hypermask_tf.masks.group_counts import GroupCounts
from hypermask_tf.masks.selection import Selection


def _selection(sizes, sparsity, exact=False, reuse=1.0):
    allocation = AnyUnits() if reuse == 1 else FreeUnitsFirst(reuse)
    return Selection(GroupCounts(sizes, sparsity, allocation), exact)


def _magnitudes(size, seed=0):
    return np.abs(np.random.default_rng(seed).normal(size=size)).astype("float32")


def _keep(selection, magnitudes, free=None):
    free = None if free is None else ops.convert_to_tensor(free)
    return ops.convert_to_numpy(
        selection.keep(ops.convert_to_tensor(magnitudes), None, free)
    )


def test_each_group_may_have_a_sparsity_of_its_own():
    keep = _keep(_selection((100, 50), (90, 20)), _magnitudes(150))
    assert keep[:100].sum() == 10 and keep[100:].sum() == 40


@pytest.mark.parametrize(
    ("reuse", "num_free", "own"),
    [(0.0, 60, 20), (0.25, 60, 15), (0.5, 60, 10), (0.0, 7, 7), (0.5, 0, 0)],
)
def test_free_scores_come_first_as_far_as_there_are(reuse, num_free, own):
    # Free ones have the smallest magnitudes, so scores alone would choose none.
    magnitudes = np.sort(_magnitudes(100))
    free = np.arange(100) < num_free
    keep = _keep(_selection((100,), 80, reuse=reuse), magnitudes, free)
    assert keep.sum() == 20
    assert (keep & free).sum() == own
    best_free = np.flatnonzero(free)[num_free - own :]
    np.testing.assert_array_equal(np.flatnonzero(keep & free), best_free)
    assert keep[100 - (20 - own) :].all()


def test_reuse_of_one_pays_no_attention_to_what_is_taken():
    magnitudes, free = _magnitudes(100), np.arange(100) < 50
    with_free = _keep(_selection((100,), 80, reuse=1.0), magnitudes, free)
    np.testing.assert_array_equal(with_free, _keep(_selection((100,), 80), magnitudes))


@pytest.mark.parametrize("seed", range(5))
def test_free_first_over_random_groups(seed):
    generator = np.random.default_rng(seed)
    sizes = tuple(generator.integers(1, 60, 4).tolist())
    reuse = float(generator.uniform())
    magnitudes = _magnitudes(sum(sizes), seed)
    free = generator.random(sum(sizes)) < generator.uniform()
    selection = _selection(sizes, 70, reuse=reuse)
    keep = _keep(selection, magnitudes, free)
    counts = ops.convert_to_numpy(selection.counts.on())
    start = 0
    for size, count, own in zip(sizes, counts, selection.counts.free(), strict=True):
        part = slice(start, start + size)
        assert keep[part].sum() == count
        assert (keep & free)[part].sum() >= min(own, free[part].sum())
        start += size


def test_a_ramp_of_zero_keeps_everything():
    selection = _selection((30, 10), 50, reuse=0.0)
    free = ops.ones((40,), dtype="bool")
    keep = selection.keep(
        ops.convert_to_tensor(_magnitudes(40)), ops.convert_to_tensor(0.0), free
    )
    assert ops.convert_to_numpy(keep).all()


@pytest.mark.parametrize("ramp", [None, 0.5])
def test_of_equal_magnitudes_the_first_are_on_if_the_number_is_exact(ramp):
    equal = ops.ones((8,))
    ramp = None if ramp is None else ops.convert_to_tensor(ramp)
    for exact in (True, False):
        selection = _selection((5, 3), 50.0, exact=exact)
        keep = ops.convert_to_numpy(selection.keep(equal, ramp))
        counts = (
            ops.convert_to_numpy(selection.counts.on(ramp)).tolist()
            if exact
            else [5, 3]
        )
        expected = [
            i < n for n, size in zip(counts, (5, 3), strict=True) for i in range(size)
        ]
        assert keep.tolist() == expected


@pytest.mark.parametrize(("reuse", "free_on"), [(0.5, 3), (0.0, 4)])
def test_of_equal_magnitudes_no_more_are_taken_than_without(reuse, free_on):
    # Twelve equal scores, six of which are on; the last four are free.
    free = np.arange(12) >= 8
    selection = _selection((12,), 50.0, exact=True, reuse=reuse)
    keep = _keep(selection, np.ones(12, "float32"), free)
    assert (keep & free).sum() == free_on and keep.sum() == 6
    # The first of each kind.
    for kind in (free, ~free):
        assert (np.diff(keep[kind].astype(int)) <= 0).all()


def test_what_is_pinned_comes_before_all_that_is_taken_and_after_what_is_asked_for():
    magnitudes = np.arange(1, 13, dtype="float32")
    free, pinned = np.arange(12) < 4, np.isin(np.arange(12), [0, 5, 6])
    selection = _selection((12,), 50.0, exact=True, reuse=0.5)
    keep = ops.convert_to_numpy(
        selection.keep(
            ops.convert_to_tensor(magnitudes),
            None,
            ops.convert_to_tensor(free),
            ops.convert_to_tensor(pinned),
        )
    )
    # Three free ones, the pinned among them; two pinned; and the largest of the rest.
    assert np.flatnonzero(keep).tolist() == [0, 2, 3, 5, 6, 11]


def test_a_larger_one_is_on_whatever_is_equal_below_it():
    selection = _selection((4,), 50.0, exact=True)
    keep = _keep(selection, np.array([1, 1, 1, 2], "float32"))
    assert keep.tolist() == [True, False, False, True]
