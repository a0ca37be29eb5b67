import json

import numpy as np
import pytest

from hypermask_tf.scenarios import from_arrays, preprocess

SPLITS = ("train", "validation", "test")


def values(task, split):
    """The number that each image of `small_data` bears."""
    return set(getattr(task, split)[0][:, 0, 0, 0].astype(int).tolist())


@pytest.mark.parametrize("seed", [None, 0, 1])
@pytest.mark.parametrize("validation_from", ["first", "random"])
@pytest.mark.parametrize("classes_per_task", [1, 2, 3, [1, 2, 3], [6]])
def test_splits_are_disjoint_and_hold_everything(
    small_data, seed, validation_from, classes_per_task
):
    scenario = from_arrays(
        **small_data,
        classes_per_task=classes_per_task,
        seed=seed,
        validation_from=validation_from,
        validation_size=0.4,
    )
    seen = [values(task, split) for task in scenario for split in SPLITS]
    assert sum(len(part) for part in seen) == 180
    assert set().union(*seen) == set(range(180))


@pytest.mark.parametrize("seed", [None, 0, 1])
def test_new_labels_stand_for_the_classes_in_order(small_data, seed):
    scenario = from_arrays(**small_data, classes_per_task=[1, 5], seed=seed)
    every = [label for task in scenario for label in task.classes]
    assert sorted(every) == [2, 3, 5, 7, 11, 13]
    original = np.concatenate([small_data["y_train"], small_data["y_test"]])
    for task in scenario:
        for split in SPLITS:
            x, y = getattr(task, split)
            assert (x.dtype, y.dtype) == (np.float32, np.int32)
            assert set(y.tolist()) == set(range(task.num_classes))
            numbers = x[:, 0, 0, 0].astype(int)
            np.testing.assert_array_equal(np.array(task.classes)[y], original[numbers])


def test_natural_order_and_seeded_orders(small_data):
    def order(seed):
        scenario = from_arrays(**small_data, classes_per_task=2, seed=seed)
        return [task.classes for task in scenario]

    assert order(None) == [(2, 3), (5, 7), (11, 13)]
    assert order(1) == order(1)
    assert len({tuple(order(seed)) for seed in range(8)}) > 4


def test_validation_is_the_first_samples_of_the_task(small_data):
    task = from_arrays(**small_data, classes_per_task=2, validation_size=6)[1]
    rows = np.flatnonzero(np.isin(small_data["y_train"], task.classes))
    assert values(task, "validation") == set(rows[:6].tolist())
    np.testing.assert_array_equal(task.train[0][:, 0, 0, 0], rows[6:])


def test_fraction_and_number_agree(small_data):
    # 40 samples a task.
    by_number = from_arrays(**small_data, classes_per_task=2, validation_size=10)
    by_fraction = from_arrays(**small_data, classes_per_task=2, validation_size=0.25)
    assert by_number[0].sizes == by_fraction[0].sizes
    assert by_number[0].sizes["validation"] == 10
    none = from_arrays(**small_data, classes_per_task=2, validation_size=0)
    assert none[0].validation[0].shape == (0, 4, 5, 1)


def test_fewer_tasks_are_a_prefix(small_data):
    every = from_arrays(**small_data, classes_per_task=2, seed=3)
    first = from_arrays(**small_data, classes_per_task=2, seed=3, num_tasks=2)
    assert len(first) == 2
    for one, other in zip(first, every, strict=False):
        assert one.classes == other.classes
        np.testing.assert_array_equal(one.train[0], other.train[0])


def test_config_rebuilds_the_scenario(small_data):
    scenario = from_arrays(
        **small_data,
        classes_per_task=[2, 4],
        seed=5,
        validation_size=0.2,
        validation_from="random",
        scale=[1 / 255],
        offset=-0.5,
        class_names=[f"name {i}" for i in range(14)],
        name="mine",
    )
    config = json.loads(json.dumps(scenario.get_config()))
    again = from_arrays(**small_data, **config)
    assert again.manifest() == scenario.manifest()
    assert again.name == "mine"
    for one, other in zip(again, scenario, strict=True):
        for split in SPLITS:
            for mine, theirs in zip(
                getattr(one, split), getattr(other, split), strict=True
            ):
                np.testing.assert_array_equal(mine, theirs)


def test_inputs_are_the_preprocessed_raw_pixels(small_data):
    scenario = from_arrays(
        **small_data, classes_per_task=6, validation_size=0, scale=0.1, offset=-3
    )
    task = scenario[0]
    assert task.preprocessing == scenario.preprocessing
    assert task.preprocessing["raw_dtype"] == "uint8"
    assert task.preprocessing["raw_range"] == [0, 255]
    expected = preprocess(small_data["x_train"], task.preprocessing)
    np.testing.assert_array_equal(task.train[0], expected)


def test_range_of_floats_is_measured(small_data):
    small_data["x_train"] = small_data["x_train"] / np.float32(119)
    small_data["x_test"] = small_data["x_test"] / np.float32(119)
    scenario = from_arrays(**small_data, classes_per_task=2)
    assert scenario.preprocessing["raw_range"] == [0.0, 1.0]
    assert scenario.preprocessing["raw_dtype"] == "float32"


def test_gray_images_and_label_columns_are_accepted(small_data):
    expected = from_arrays(**small_data, classes_per_task=2)[0].train
    small_data["x_train"] = small_data["x_train"][..., 0]
    small_data["x_test"] = small_data["x_test"][..., 0].tolist()
    small_data["y_train"] = small_data["y_train"][:, None]
    scenario = from_arrays(**small_data, classes_per_task=2)
    assert scenario.input_shape == (4, 5, 1)
    np.testing.assert_array_equal(scenario[0].train[0], expected[0])


def test_class_names_follow_the_labels(small_data):
    names = [f"name {i}" for i in range(14)]
    scenario = from_arrays(**small_data, classes_per_task=3, seed=1, class_names=names)
    for task in scenario:
        assert task.class_names == tuple(f"name {label}" for label in task.classes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_train": np.zeros(3, int)}, r"len\(x_train\)=120, len\(y_train\)=3"),
        ({"y_test": np.full(60, 99)}, r"labels \[99\] that y_train lacks"),
        ({"y_train": np.zeros(120)}, "dtype=float64"),
        ({"y_train": np.zeros((120, 6), int)}, "one-hot"),
        ({"x_train": np.zeros((120, 20))}, r"x_train\.shape=\(120, 20\)"),
        ({"x_test": np.zeros((60, 9, 9, 1))}, "one shape"),
        ({"classes_per_task": 4}, "divide the 6 classes"),
        ({"classes_per_task": 0}, "divide the 6 classes"),
        ({"classes_per_task": [2, 2]}, "add up to 4"),
        ({"classes_per_task": [7, -1]}, "add up"),
        ({"num_tasks": 4}, "num_tasks=4"),
        ({"validation_size": 40}, "validation_size=40"),
        ({"validation_size": 1.0}, "validation_size=1.0"),
        ({"validation_size": -1}, "validation_size=-1"),
        ({"validation_from": "last"}, "validation_from='last'"),
        ({"seed": -1}, r"seed=\(-1,\)"),
        ({"scale": [1, 2]}, r"scale=\[1.0, 2.0\]"),
        ({"class_names": ["a", "b"]}, "14 names"),
        ({"y_test": np.full(60, 2)}, "no test sample"),
    ],
)
def test_mistakes_are_named(small_data, change, message):
    arguments = {**small_data, "classes_per_task": 2} | change
    with pytest.raises(ValueError, match=message):
        from_arrays(**arguments)


def test_samples_sorted_by_class_are_noticed(small_data):
    order = np.argsort(small_data["y_train"], kind="stable")
    small_data["x_train"] = small_data["x_train"][order]
    small_data["y_train"] = small_data["y_train"][order]
    with pytest.raises(ValueError, match="none left with label"):
        from_arrays(**small_data, classes_per_task=2, validation_size=0.5)
    with pytest.warns(UserWarning, match="No validation sample has label"):
        from_arrays(**small_data, classes_per_task=2, validation_size=0.2)
    scenario = from_arrays(
        **small_data,
        classes_per_task=2,
        validation_size=0.5,
        validation_from="random",
    )
    assert set(scenario[0].validation[1].tolist()) == {0, 1}


@pytest.mark.parametrize("shape", [(5,), (7, 3), (2, 3, 4, 5)])
def test_samples_of_any_shape(shape):
    x, y = np.random.default_rng(0).normal(size=(12, *shape)), np.arange(12) % 2
    scenario = from_arrays(x, y, x, y, 1, kind="array", validation_size=0)
    assert scenario.input_shape == shape
    samples = scenario[1].train[0]
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples, x[1::2], atol=1e-6)


def test_tokens_stay_integers():
    x, y = np.arange(36, dtype="int64").reshape(12, 3), np.arange(12) % 2
    scenario = from_arrays(x, y, x, y, 2, kind="token", validation_size=0)
    tokens = scenario[0].test[0]
    assert tokens.dtype == np.int32 and (tokens == x).all()
    config = json.loads(json.dumps(scenario.get_config()))
    assert from_arrays(x, y, x, y, **config).manifest() == scenario.manifest()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "text"}, "kind='text'"),
        ({"kind": "token", "scale": 0.5}, "names"),
        ({"kind": "token", "x_train": np.zeros((120, 4))}, "hold integers"),
        ({"kind": "array", "x_train": np.zeros(120)}, r"x\[:, None\]"),
        ({"kind": "array", "x_train": np.full((120, 2), "a")}, "TextVectorization"),
    ],
)
def test_samples_of_another_kind_are_named(small_data, change, message):
    with pytest.raises(ValueError, match=message):
        from_arrays(**(small_data | {"classes_per_task": 2} | change))
