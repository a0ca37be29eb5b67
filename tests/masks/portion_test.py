"""How many scores a task asks for is how many are selected, whatever the share."""

import numpy as np
import pytest
from keras import ops

import hypermask_tf as hm
from hypermask_tf.masks import threshold
from hypermask_tf.masks.group_counts import GroupCounts
from hypermask_tf.masks.portion import portion
from hypermask_tf.masks.selection import Selection
from tests.hypermask import builders

SIZES = np.arange(1, 10_001)


def _numpy(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.mark.backend
def test_every_size_and_every_share_of_two_decimals():
    # What a group with so many scores on asks for, for all of them at once.
    counts = ops.convert_to_tensor(SIZES, dtype="int32")
    for hundredths in range(100):
        allocation = hm.FreeUnitsFirst(hundredths / 100)
        free = _numpy(GroupCounts((10_000,), 0, allocation).free_of(counts))
        np.testing.assert_array_equal(free, SIZES - SIZES * hundredths // 100)
        some = SIZES[6::97].tolist()
        assert GroupCounts(some, 0, allocation).free() == free[6::97].tolist()


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [(6, 1 / 3, 2), (7, 2 / 7, 2), (1_000_000, 0.123456, 123456), (5, 1e-9, 0)],
)
def test_shares_are_exact(count, share, expected):
    assert portion(count, share) == expected


@pytest.mark.parametrize("ramp", [0.03, 0.37, 0.999, 1.0])
@pytest.mark.parametrize("sparsity", [33.3, 90.0])
def test_under_a_ramp_too(sparsity, ramp):
    groups = GroupCounts(SIZES[::97], sparsity, hm.FreeUnitsFirst(0.9))
    counts = groups.on(ops.convert_to_tensor(ramp, "float32"))
    free, counts = _numpy(groups.free_of(counts)), _numpy(counts)
    np.testing.assert_array_equal(free, -(-counts // 10))
    if ramp == 1:
        np.testing.assert_array_equal(counts, groups.final())
    else:
        assert (counts >= groups.final()).all()


@pytest.mark.parametrize("size", [4_000_013, 123_456_789])
def test_a_ramp_ends_at_the_rank_of_a_very_large_group(size):
    # Neighbours that float32 does not tell apart.
    for sparsity in (33.3, 49.9, 99.99):
        end = ops.convert_to_tensor(1.0, "float32")
        (risen,) = _numpy(threshold.ranks([size], [sparsity], end))
        assert risen == threshold.rank(size, sparsity)


@pytest.mark.parametrize(("reuse", "sparsity"), [(0.9, 0.01), (0.7, 37.0)])
def test_what_is_selected_is_what_is_asked_for(reuse, sparsity):
    random = np.random.default_rng(0)
    sizes = (5000, 2500, 10)
    counts = GroupCounts(sizes, sparsity, hm.FreeUnitsFirst(reuse))
    free = random.random(sum(sizes)) < 0.5
    # Used scores are larger, so that no free one is on that need not be.
    magnitudes = (random.random(sum(sizes)) + 2 * ~free).astype("float32")
    keep = _numpy(
        Selection(counts).keep(
            ops.convert_to_tensor(magnitudes), None, ops.convert_to_tensor(free)
        )
    )
    starts = np.cumsum([0, *sizes[:-1]])
    # Where nothing is left of what is used, free ones follow.
    used = np.add.reduceat(~free, starts)
    expected = [
        max(own, count - room)
        for own, count, room in zip(counts.free(), counts.final(), used, strict=True)
    ]
    assert np.add.reduceat(keep & free, starts).tolist() == expected


def test_the_second_task_takes_the_free_units_that_capacity_names():
    target = builders.wide(10_000)
    model = builders.learner(
        target,
        granularity="unit",
        sparsity=50,
        reuse=0.9,
        hypernetwork=hm.MaskBank(seed=1),
    )
    model.begin_task(0)
    (group,) = model.capacity().groups
    # Of 5,000 units on, one in ten may not be shared.
    assert group.wanted == 500
    # The second task would rather have all units of the first.
    wishes = np.where(model.units_on(0), 3.0, np.linspace(0.1, 0.2, 10_000))
    model.hypernetwork.bank.assign(np.tile(wishes, (3, 1)))
    model.begin_task(1)
    fresh = model.units_on(1) & ~model.units_on(0)
    assert fresh.sum() == group.wanted and model.units_on(1).sum() == 5000
