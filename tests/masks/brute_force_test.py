"""What is on is what the rules say in words, for any sizes, shares and scores."""

import numpy as np
import pytest
from keras import ops

from hypermask_tf.masks import AnyUnits, FreeUnitsFirst
from hypermask_tf.masks.group_counts import GroupCounts
from hypermask_tf.masks.selection import Selection
from tests.masks.brute_force import selected


def _case(seed):
    random = np.random.default_rng(seed)
    groups = int(random.integers(1, 4))
    sizes = tuple(random.integers(1, 14, groups).tolist())
    reuse = random.choice([0.0, 1.0, round(random.random(), 2)], groups).tolist()
    size = sum(sizes)
    # Some are equal, and some are 0.
    magnitudes = np.round(3 * random.random(size), int(random.integers(0, 4)))
    free = random.random(size) < random.random()
    pinned = ~free & (random.random(size) < 0.3) if random.random() < 0.5 else None
    sparsity = random.choice([0.0, 33.3, 50.0, 75.0, 99.0], groups).tolist()
    return sizes, sparsity, reuse, magnitudes.astype("float32"), free, pinned


@pytest.mark.parametrize("first", range(0, 200, 25))
def test_what_is_on_is_what_the_rules_say(first):
    for seed in range(first, first + 25):
        sizes, sparsity, reuse, magnitudes, free, pinned = _case(seed)
        allocation = AnyUnits() if min(reuse) == 1 else FreeUnitsFirst(reuse)
        keep = Selection(GroupCounts(sizes, sparsity, allocation), exact=True).keep(
            ops.convert_to_tensor(magnitudes),
            None,
            ops.convert_to_tensor(free),
            None if pinned is None else ops.convert_to_tensor(pinned),
        )
        expected = selected(
            magnitudes, sizes, sparsity, free=free, pinned=pinned, reuse=reuse
        )
        np.testing.assert_array_equal(
            ops.convert_to_numpy(keep), expected, err_msg=f"seed {seed}: {reuse}"
        )
