import numpy as np
import pytest

from hypermask_tf.scenarios import (
    get,
    preprocess,
    split_cifar100,
    split_digits,
    split_fashion_mnist,
    split_mnist,
)
from hypermask_tf.scenarios.tfds_arrays import load_tfds

SPLITS = ("train", "validation", "test")


def rows(task, split):
    x, _ = getattr(task, split)
    return {row.tobytes() for row in x}


def test_digits_hold_all_samples_once():
    scenario = split_digits()
    assert scenario.input_shape == (8, 8, 1)
    assert [task.classes for task in scenario] == [(i, i + 1) for i in range(0, 10, 2)]
    assert sum(sum(task.sizes.values()) for task in scenario) == 1797
    # The 1,797 images are all different.
    images = [rows(task, split) for task in scenario for split in SPLITS]
    assert len(set().union(*images)) == 1797


def test_digits_are_in_zero_to_one_and_balanced():
    for task in split_digits():
        x, y = task.test
        assert x.min() == 0.0
        assert x.max() == 1.0
        assert abs(y.mean() - 0.5) < 0.03


def test_digits_depend_on_their_seeds_only():
    same = split_digits(seed=1, split_seed=2)
    for one, other in zip(split_digits(seed=1, split_seed=2), same, strict=True):
        assert one.classes == other.classes
        for split in SPLITS:
            for mine, theirs in zip(
                getattr(one, split), getattr(other, split), strict=True
            ):
                np.testing.assert_array_equal(mine, theirs)
    assert rows(split_digits(split_seed=3)[0], "test") != rows(
        split_digits()[0], "test"
    )
    assert split_digits(seed=2)[0].classes != same[0].classes


def test_digits_need_a_real_test_fraction():
    with pytest.raises(ValueError, match=r"test_size=1\.0"):
        split_digits(test_size=1.0)


def test_later_tasks_share_no_image_with_earlier_ones():
    seen = set()
    for task in split_digits(classes_per_task=[1, 2, 3, 4], seed=5):
        images = set().union(*(rows(task, split) for split in SPLITS))
        assert not seen & images
        seen |= images


@pytest.mark.parametrize(
    ("function", "mean", "std"),
    [(split_mnist, 0.1307, 0.3081), (split_fashion_mnist, 0.2860, 0.3530)],
)
def test_mnist_and_fashion(require_dataset, function, mean, std):
    name = function.__name__.removeprefix("split_")
    require_dataset(name)
    raw = load_tfds(name)
    scenario = function()
    assert (len(scenario), scenario.input_shape) == (5, (28, 28, 1))
    assert [task.classes for task in scenario] == [(i, i + 1) for i in range(0, 10, 2)]
    assert sum(sum(task.sizes.values()) for task in scenario) == 70_000
    task = scenario[2]
    mine = np.flatnonzero(np.isin(raw.y_train, task.classes))
    assert task.sizes["validation"] == 1000
    assert task.sizes["train"] == len(mine) - 1000
    for split, chosen in (("validation", mine[:1000]), ("train", mine[1000:])):
        x, y = getattr(task, split)
        np.testing.assert_array_equal(np.array(task.classes)[y], raw.y_train[chosen])
        expected = (raw.x_train[chosen] / 255 - mean) / std
        np.testing.assert_allclose(x, expected, atol=1e-5)
    np.testing.assert_array_equal(
        task.test[0],
        preprocess(raw.x_test[np.isin(raw.y_test, (4, 5))], task.preprocessing),
    )


def test_unit_normalization(require_dataset):
    require_dataset("mnist")
    scenario = split_mnist(normalization="unit", num_tasks=1)
    x, _ = scenario[0].test
    assert (x.min(), len(scenario)) == (0.0, 1)
    np.testing.assert_allclose(x.max(), 1.0, rtol=1e-6)


def test_normalization_must_be_known():
    with pytest.raises(ValueError, match="normalization='none'"):
        split_mnist(normalization="none")


def test_fashion_tells_the_names_of_clothes(require_dataset):
    require_dataset("fashion_mnist")
    assert split_fashion_mnist()[4].class_names == ("Bag", "Ankle boot")


def test_cifar100(require_dataset):
    require_dataset("cifar100")
    raw = load_tfds("cifar100")
    scenario = split_cifar100()
    assert (len(scenario), scenario.input_shape) == (10, (32, 32, 3))
    assert scenario.max_classes == 10
    for index, task in enumerate(scenario):
        assert task.classes == tuple(range(10 * index, 10 * index + 10))
        assert task.sizes == {"train": 4500, "validation": 500, "test": 1000}
    task = scenario[9]
    x, y = task.test
    chosen = raw.y_test >= 90
    np.testing.assert_array_equal(y + 90, raw.y_test[chosen])
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    np.testing.assert_allclose(x, (raw.x_test[chosen] / 255 - mean) / std, atol=1e-5)


@pytest.mark.parametrize("name", ["split_mnist", "split_fashion_mnist"])
def test_config_rebuilds_the_scenario(require_dataset, name):
    require_dataset(name.removeprefix("split_"))
    scenario = get(
        name, classes_per_task=5, seed=3, validation_size=0.1, normalization="unit"
    )
    again = get(scenario.name, **scenario.get_config())
    assert again.manifest() == scenario.manifest()
    np.testing.assert_array_equal(again[1].validation[0], scenario[1].validation[0])
