import numpy as np
import pytest
from keras import ops

from hypermask_tf.masks.groups import per_place, ranks, sums


@pytest.mark.backend
def test_flags_are_counted_within_each_group():
    sizes = (5, 1, 7)
    flags = np.random.default_rng(0).random(13) < 0.5
    expected = np.concatenate([np.cumsum(p) for p in np.split(flags, [5, 6])])
    counted = ranks(ops.convert_to_tensor(flags), sizes)
    np.testing.assert_array_equal(ops.convert_to_numpy(counted), expected)
    totals = ops.convert_to_numpy(sums(ops.convert_to_tensor(flags), sizes))
    assert totals.tolist() == [expected[4], expected[5], expected[12]]


def test_a_number_for_each_place():
    places = ops.convert_to_numpy(per_place([4, 9], (2, 3)))
    assert places.tolist() == [4, 4, 9, 9, 9]
