"""Batches of one task."""

import itertools

import numpy as np
import pytest

from hypermask_tf.scenarios import Task
from hypermask_tf.training import batch_rows, first_samples, task_batches

pytestmark = pytest.mark.backend

X = np.arange(10, dtype="float32")[:, None]
Y = np.arange(10, dtype="int32")


def _draw(count, seed, batch_size=5):
    batches = task_batches(X, Y, batch_rows(10, batch_size, count, seed))
    return [np.asarray(y) for _, y in itertools.islice(batches, count)]


def test_each_pass_holds_every_sample_once_in_another_order():
    drawn = _draw(4, seed=1)
    first, second = np.concatenate(drawn[:2]), np.concatenate(drawn[2:])
    assert sorted(first) == sorted(second) == list(range(10))
    assert list(first) != list(second)


def test_seed_decides_the_order():
    np.testing.assert_array_equal(_draw(4, seed=1), _draw(4, seed=1))
    assert not np.array_equal(_draw(4, seed=1), _draw(4, seed=2))
    assert not np.array_equal(
        batch_rows(10, 5, 4, seed=1, task=0), batch_rows(10, 5, 4, seed=1, task=1)
    )


@pytest.mark.parametrize("steps", [0, 1, 3, 4, 11])
def test_a_longer_task_begins_with_the_same_batches(steps):
    longer = batch_rows(10, 3, 11, seed=7, task=2)
    np.testing.assert_array_equal(batch_rows(10, 3, steps, 7, 2), longer[:steps])


def test_samples_stay_with_their_labels():
    batches = task_batches(X, Y, batch_rows(10, 3, 5, seed=0))
    for x, y in itertools.islice(batches, 5):
        np.testing.assert_array_equal(x[:, 0], y)
        assert x.shape == (3, 1)


def test_batch_larger_than_the_data_is_refused():
    with pytest.raises(ValueError, match="batch_size=11 for 10 samples"):
        batch_rows(10, 11, 1, seed=0)


def _task(labels):
    x = np.arange(len(labels), dtype="float32").reshape(-1, 1, 1, 1)
    y = np.asarray(labels, "int32")
    sizes = dict.fromkeys(("train", "validation", "test"), len(y))
    classes = range(len(set(labels)))
    return Task(0, list(classes), lambda split: (x.copy(), y.copy()), sizes=sizes)


@pytest.mark.parametrize("count", [0, 3, 6, 9])
def test_first_samples_are_the_first(count):
    task = _task([0, 1, 0, 1, 1, 0])
    x, y = first_samples(task, count)
    size = min(count, 6) or 6
    np.testing.assert_array_equal(x.ravel(), np.arange(size))
    np.testing.assert_array_equal(y, task.train[1][:size])


def test_a_class_left_without_samples_is_named():
    with pytest.warns(UserWarning, match="none of class 2"):
        first_samples(_task([0, 1, 0, 1, 2]), 4)
