"""How many scores a task asks for is how many are selected, whatever the share."""

import numpy as np
import pytest
from keras import ops

import hypermask_tf as hm
from hypermask_tf.masks import threshold
from hypermask_tf.masks.portion import portion, portions
from hypermask_tf.masks.quota import Quota
from hypermask_tf.masks.selection import Selection
from tests.hypermask import builders

SIZES = np.arange(1, 10_001)


def _numpy(tensor):
    return ops.convert_to_numpy(tensor)


def _counts(quota, ramp=None):
    return _numpy(quota.counts(ramp)).astype("int64")


@pytest.mark.backend
def test_every_size_and_every_share_of_two_decimals():
    # What a group with so many scores on asks for, for all of them at once.
    counts = ops.convert_to_tensor(SIZES, dtype="int32")
    some = SIZES[6::97]
    for hundredths in range(101):
        share = hundredths / 100
        rules = {"reuse": share, "read": share, "borrow": 1 + share}
        expected = SIZES * hundredths // 100
        quota = Quota((10_000,), 0, **rules)
        own, read = quota.own(counts), quota.read_besides(counts)
        np.testing.assert_array_equal(_numpy(own), SIZES - expected)
        np.testing.assert_array_equal(_numpy(read), expected)
        np.testing.assert_array_equal(_numpy(quota.stand_ins(counts)), expected)
        np.testing.assert_array_equal(
            Quota(some, 0, **rules).own_counts(), some - expected[6::97]
        )


@pytest.mark.parametrize("share", [0.9, 1 / 3, 2 / 7, 0.123456, 1e-9, 2.5, 1e300])
def test_a_step_finds_what_is_reckoned_before(share):
    counts = np.array([0, 1, 6, 999, 5000])
    asked = ops.convert_to_tensor(counts, dtype="int32")
    found = _numpy(portions(asked, [share] * 5, 5000))
    expected = [min(portion(int(count), share), 5000) for count in counts]
    assert found.tolist() == expected


@pytest.mark.parametrize("ramp", [0.03, 0.37, 0.999, 1.0])
@pytest.mark.parametrize("sparsity", [33.3, 90.0])
def test_under_a_ramp_too(sparsity, ramp):
    quota = Quota(SIZES, sparsity, reuse=0.9)
    counts = _counts(quota, ops.convert_to_tensor(ramp, "float32"))
    own = _numpy(quota.own(ops.convert_to_tensor(counts, dtype="int32")))
    np.testing.assert_array_equal(own, -(-counts // 10))
    if ramp == 1:
        np.testing.assert_array_equal(counts, _counts(quota))
    else:
        assert (counts >= _counts(quota)).all()


@pytest.mark.parametrize("size", [4_000_013, 123_456_789])
def test_a_ramp_ends_at_the_rank_of_a_very_large_group(size):
    # Neighbours that float32 does not tell apart.
    for sparsity in (33.3, 49.9, 99.99):
        end = ops.convert_to_tensor(1.0, "float32")
        (risen,) = _numpy(threshold.ranks([size], [sparsity], end))
        assert risen == threshold.rank(size, sparsity)


@pytest.mark.parametrize("sharing", ["layer", "network"])
@pytest.mark.parametrize(("reuse", "sparsity"), [(0.9, 0.01), (0.7, 37.0)])
def test_what_is_selected_is_what_is_asked_for(sharing, reuse, sparsity):
    random = np.random.default_rng(0)
    sizes = (5000, 2500, 10)
    quota = Quota(sizes, sparsity, threshold=sharing, reuse=reuse)
    free = random.random(sum(sizes)) < 0.5
    # Taken scores are larger, so that no free one is on that need not be.
    magnitudes = (random.random(sum(sizes)) + 2 * ~free).astype("float32")
    keep = _numpy(
        Selection(quota).keep(
            ops.convert_to_tensor(magnitudes), None, ops.convert_to_tensor(free)
        )
    )
    # A floor asks for its own of every group, and all together for theirs.
    expected = quota.own_counts()
    found = np.add.reduceat(keep & free, np.cumsum([0, *sizes[:-1]]))
    if sharing == "layer":
        # Where nothing is left of what is taken, free ones follow.
        room = np.add.reduceat(~free, np.cumsum([0, *sizes[:-1]]))
        assert found.tolist() == [
            max(own, count - taken)
            for own, count, taken in zip(expected, _counts(quota), room, strict=True)
        ]
    else:
        assert keep.sum() == _counts(quota).sum()
        assert found.sum() == max(quota.own_count(), keep.sum() - (~free).sum())


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
