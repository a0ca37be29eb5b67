"""Batches of one task."""

import itertools

import numpy as np
import pytest

from hypermask_tf.training import task_batches

X = np.arange(10, dtype="float32")[:, None]
Y = np.arange(10, dtype="int32")


def _draw(count, seed, batch_size=5):
    batches = task_batches(X, Y, batch_size, seed)
    return [y.numpy() for _, y in itertools.islice(batches, count)]


def test_each_pass_holds_every_sample_once_in_another_order():
    drawn = _draw(4, seed=1)
    first, second = np.concatenate(drawn[:2]), np.concatenate(drawn[2:])
    assert sorted(first) == sorted(second) == list(range(10))
    assert list(first) != list(second)


def test_seed_decides_the_order():
    np.testing.assert_array_equal(_draw(4, seed=1), _draw(4, seed=1))
    assert not np.array_equal(_draw(4, seed=1), _draw(4, seed=2))


def test_samples_stay_with_their_labels():
    for x, y in itertools.islice(task_batches(X, Y, 3, 0), 5):
        np.testing.assert_array_equal(x[:, 0], y)
        assert x.shape == (3, 1)


def test_batch_larger_than_the_data_is_refused():
    with pytest.raises(ValueError, match="batch_size=11 for 10 samples"):
        task_batches(X, Y, 11, 0)
