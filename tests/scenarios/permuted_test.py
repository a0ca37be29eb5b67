import json

import numpy as np
import pytest

from hypermask_tf.scenarios import permuted_digits, permuted_mnist, preprocess
from hypermask_tf.scenarios.tfds_arrays import load_tfds

SPLITS = ("train", "validation", "test")


def flat(task, split):
    x, _ = getattr(task, split)
    return x.reshape(len(x), -1)


def test_every_task_is_a_different_bijection_of_pixels():
    scenario = permuted_digits(num_tasks=4, padding=1)
    identity = list(range(100))
    orders = [task.preprocessing["permutation"] for task in scenario]
    for order in orders:
        assert sorted(order) == identity
        assert order != identity
    assert len({tuple(order) for order in orders}) == 4


@pytest.mark.parametrize("split", SPLITS)
def test_undoing_the_permutations_gives_the_same_images(split):
    scenario = permuted_digits(num_tasks=3, padding=1)
    undone = []
    for task in scenario:
        back = np.argsort(task.preprocessing["permutation"])
        undone.append(flat(task, split)[:, back].reshape(-1, 10, 10))
    np.testing.assert_array_equal(undone[0], undone[1])
    np.testing.assert_array_equal(undone[0], undone[2])
    border = undone[0].copy()
    border[:, 1:-1, 1:-1] = 0
    assert not border.any()
    assert undone[0].max() == 1.0


def test_more_tasks_leave_earlier_ones_as_they_were():
    few, many = permuted_digits(num_tasks=2), permuted_digits(num_tasks=6)
    for one, other in zip(few, many, strict=False):
        assert one.preprocessing == other.preprocessing
        for split in SPLITS:
            np.testing.assert_array_equal(flat(one, split), flat(other, split))


def test_permutations_depend_on_the_seed():
    def orders(seed):
        scenario = permuted_digits(num_tasks=2, seed=seed)
        return [task.preprocessing["permutation"] for task in scenario]

    assert orders(1) == orders(1)
    assert not {tuple(o) for o in orders(1)} & {tuple(o) for o in orders(2)}


def test_splits_are_disjoint():
    task = permuted_digits(num_tasks=1)[0]
    images = [{row.tobytes() for row in flat(task, split)} for split in SPLITS]
    assert sum(map(len, images)) == len(set().union(*images)) == 1797


def test_tasks_share_classes_and_labels():
    first, second = permuted_digits(num_tasks=2)
    assert first.classes == second.classes == tuple(range(10))
    np.testing.assert_array_equal(first.train[1], second.train[1])


def test_manifest_names_permutations_by_seed_only():
    manifest = permuted_digits(num_tasks=2, seed=9).manifest()
    assert [task["permutation_seed"] for task in manifest["tasks"]] == [[9, 0], [9, 1]]
    assert manifest["preprocessing"]["padding"] == 0
    assert len(json.dumps(manifest)) < 2000


@pytest.mark.parametrize("change", [{"num_tasks": 0}, {"padding": -1}])
def test_mistakes_are_named(change):
    with pytest.raises(ValueError, match="Received: num_tasks="):
        permuted_digits(**change)


def test_mnist(require_dataset):
    require_dataset("mnist")
    raw = load_tfds("mnist")
    scenario = permuted_mnist(num_tasks=3, seed=1)
    assert scenario.input_shape == (32, 32, 1)
    task = scenario[2]
    assert task.sizes == {"train": 55_000, "validation": 5_000, "test": 10_000}
    x, y = task.validation
    np.testing.assert_array_equal(y, raw.y_train[:5000])
    np.testing.assert_array_equal(x, preprocess(raw.x_train[:5000], task.preprocessing))
    back = np.argsort(task.preprocessing["permutation"])
    images = x.reshape(5000, 1024)[:, back].reshape(5000, 32, 32, 1)
    expected = raw.x_train[:5000].astype("float32") / 255
    np.testing.assert_allclose(images[:, 2:-2, 2:-2], expected, atol=1e-6)
