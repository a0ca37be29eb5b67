import numpy as np
import pytest

from hypermask_tf.scenarios.seeding import random_permutation


def test_is_a_permutation_of_its_length_and_seed():
    order = random_permutation(50, 1, 2)
    assert sorted(order.tolist()) == list(range(50))
    np.testing.assert_array_equal(order, random_permutation(50, 1, 2))
    for seed in [(1,), (1, 3), (2, 2), (2, 1)]:
        assert not np.array_equal(order, random_permutation(50, *seed))


def test_order_is_the_one_of_earlier_versions():
    # Runs are resumed under newer versions: these numbers may never change.
    assert random_permutation(8, 0).tolist() == [6, 2, 1, 7, 3, 0, 5, 4]
    assert random_permutation(8, 7, 3).tolist() == [5, 3, 1, 6, 7, 4, 2, 0]


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, None])
def test_seed_must_be_a_small_integer(seed):
    with pytest.raises(ValueError, match="Received: seed="):
        random_permutation(4, seed)
