import gc

import numpy as np
import pytest

from hypermask_tf.scenarios import Task

SIZES = {"train": 3, "validation": 2, "test": 1}


class Loader:
    """Counts how often each split is loaded."""

    def __init__(self):
        self.calls = []

    def __call__(self, split):
        self.calls.append(split)
        n = SIZES[split]
        return np.full((n, 2, 2, 1), n, "float32"), np.zeros(n, "int32")


def test_arrays_are_loaded_on_access_and_only_then():
    loader = Loader()
    task = Task(0, (4, 2), loader, sizes=SIZES)
    assert (task.sizes, task.num_classes, loader.calls) == (SIZES, 2, [])
    for split, size in SIZES.items():
        x, y = getattr(task, split)
        assert x.shape == (size, 2, 2, 1)
        assert y.shape == (size,)
    assert loader.calls == ["train", "validation", "test"]


def test_arrays_are_shared_while_held_and_dropped_after():
    loader = Loader()
    task = Task(0, (4, 2), loader, sizes=SIZES)
    first = task.train
    assert task.train[0] is first[0]
    assert task.train[1] is first[1]
    assert loader.calls == ["train"]
    del first
    gc.collect()
    assert task.train[0].shape == (3, 2, 2, 1)
    assert loader.calls == ["train", "train"]


def test_arrays_are_read_only():
    x, y = Task(0, (4, 2), Loader(), sizes=SIZES).train
    with pytest.raises(ValueError, match="read-only"):
        x[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        y[0] = 1


def test_names_default_to_index_and_labels():
    task = Task(3, (4, 2), Loader(), sizes=SIZES)
    assert task.name == "task_03"
    assert task.class_names == ("4", "2")


@pytest.mark.parametrize("classes", [(), (1, 1)])
def test_classes_must_be_different(classes):
    with pytest.raises(ValueError, match="Received: classes="):
        Task(0, classes, Loader(), sizes=SIZES)


def test_every_class_needs_a_name():
    with pytest.raises(ValueError, match="one name for each of the 2"):
        Task(0, (4, 2), Loader(), sizes=SIZES, class_names=["four"])


def test_raw_samples_are_had_where_they_are_kept():
    task = Task(0, (4, 2), Loader(), sizes=SIZES, raw=lambda split: [split])
    assert task.raw("test") == ["test"]
    with pytest.raises(ValueError, match="Expected a task with raw samples"):
        Task(0, (4, 2), Loader(), sizes=SIZES).raw("test")
