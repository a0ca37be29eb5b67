import numpy as np
import pytest
from keras import ops

from hypermask_tf.masks.quota import Quota
from hypermask_tf.masks.selection import Selection


def _selection(*arguments, exact=False, **rules):
    return Selection(Quota(*arguments, **rules), exact)


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


@pytest.mark.parametrize(
    ("borrow", "num_free", "on"),
    [(1.0, 5, 20), (3.0, 20, 20), (3.0, 15, 30), (3.0, 0, 60), (50.0, 10, 100)],
)
def test_taken_scores_stand_in_for_free_ones_that_are_missing(borrow, num_free, on):
    magnitudes = np.sort(_magnitudes(100))
    free = np.arange(100) < num_free
    selection = _selection((100,), 80, reuse=0.0, borrow=borrow)
    keep = _keep(selection, magnitudes, free)
    assert keep.sum() == on
    assert (keep & free).sum() == min(num_free, 20)
    taken = on - min(num_free, 20)
    assert keep[100 - taken :].all()  # the strongest of the taken ones


@pytest.mark.parametrize("reuse", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("read", "taken"), [(0.5, 35), (1.0, 70)])
def test_taken_scores_are_read_besides_what_is_on_anyway(reuse, read, taken):
    magnitudes = _magnitudes(100)
    free = np.arange(100) < 30
    without = _keep(_selection((100,), 80, reuse=reuse), magnitudes, free)
    keep = _keep(_selection((100,), 80, reuse=reuse, read=read), magnitudes, free)
    np.testing.assert_array_equal(keep & free, without & free)
    assert (keep | ~without).all()  # nothing that was on is off
    strongest = np.argsort(np.where(free, 0, magnitudes))[100 - taken :]
    assert keep[strongest].all() and (keep & ~free).sum() == taken


def test_with_nothing_taken_there_is_nothing_to_read():
    magnitudes, free = _magnitudes(100), np.ones(100, bool)
    keep = _keep(_selection((100,), 80, read=1.0), magnitudes, free)
    np.testing.assert_array_equal(keep, _keep(_selection((100,), 80), magnitudes))


def test_stand_ins_go_where_scores_are_largest_with_one_threshold():
    magnitudes = np.concatenate([_magnitudes(100), 10 + _magnitudes(50, 1)])
    free = np.zeros(150, bool)
    selection = _selection(
        (100, 50), 80, threshold="network", floor=5, reuse=0.0, borrow=2.0
    )
    keep = _keep(selection, magnitudes, free)
    assert keep.sum() == 60 and keep[100:].all()


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
    counts = ops.convert_to_numpy(selection.quota.counts())
    start = 0
    for size, count, own in zip(
        sizes, counts, selection.quota.own_counts(), strict=True
    ):
        part = slice(start, start + size)
        assert keep[part].sum() == count
        assert (keep & free)[part].sum() >= min(own, free[part].sum())
        start += size


def test_a_threshold_for_the_network_keeps_the_largest_anywhere():
    magnitudes = np.concatenate([_magnitudes(100), 10 + _magnitudes(50, 1)])
    selection = _selection((100, 50), 80, threshold="network", floor=5)
    keep = _keep(selection, magnitudes)
    assert keep.sum() == sum(Quota((100, 50), 80).fixed_counts()) == 30
    # The second group has the larger scores; the first keeps its floor.
    assert keep[:100].sum() == 5 and keep[100:].sum() == 25
    np.testing.assert_array_equal(
        np.flatnonzero(keep[:100]), np.sort(np.argsort(magnitudes[:100])[-5:])
    )


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
            ops.convert_to_numpy(selection.quota.counts(ramp)).tolist()
            if exact
            else [5, 3]
        )
        expected = [
            i < n for n, size in zip(counts, (5, 3), strict=True) for i in range(size)
        ]
        assert keep.tolist() == expected


@pytest.mark.parametrize("sharing", ["layer", "network"])
@pytest.mark.parametrize(
    ("rules", "free_on", "on"),
    [
        ({"reuse": 0.5}, 3, 6),
        ({"reuse": 0.0}, 4, 6),
        ({"reuse": 0.0, "borrow": 2.0}, 4, 8),
        ({"reuse": 0.0, "read": 0.5}, 4, 8),
    ],
)
def test_of_equal_magnitudes_no_more_are_taken_than_without(
    sharing, rules, free_on, on
):
    # Twelve equal scores, six of which are on; the last four are free.
    free = np.arange(12) >= 8
    selection = _selection((12,), 50.0, exact=True, threshold=sharing, floor=0, **rules)
    keep = _keep(selection, np.ones(12, "float32"), free)
    assert (keep & free).sum() == free_on and keep.sum() == on
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
