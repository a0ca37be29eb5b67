"""Tables and arrays whose labels are numbers to predict."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from hypermask_tf.scenarios import from_csv, from_npz, preprocess
from hypermask_tf.scenarios.number import Number
from hypermask_tf.scenarios.recorded_task import RecordedTask

ROLES = {"label_column": "price", "task_column": "town"}


def houses(rows=60):
    """A price of each house; in one town all are ten times as dear."""
    i = np.arange(rows)
    town = np.where(i % 2, "north", "south")
    price = (1000.0 + 7.5 * (i % 11)) * np.where(i % 2, 10, 1)
    return pd.DataFrame({"area": i % 13 + 0.5, "town": town, "price": price})


@pytest.fixture
def table(tmp_path):
    houses().to_csv(tmp_path / "houses.csv", index=False)
    return tmp_path / "houses.csv"


def test_numbers_with_fractions_are_predicted_in_their_unit(table):
    frame = houses()
    scenario = from_csv(table, **ROLES)
    assert scenario.predicts_numbers and scenario.max_classes == 1
    assert scenario.get_config()["label_kind"] == "number"
    for task in scenario:
        assert task.class_names == ("price",)
        found = [task.train[1], task.validation[1], task.test[1]]
        assert all(part.dtype == np.float32 and part.ndim == 1 for part in found)
        own = frame.price[frame.town == task.name]
        np.testing.assert_allclose(np.sort(np.concatenate(found)), np.sort(own))
    assert "north: a number (price) of mean 10,3" in scenario.describe()


def test_each_task_has_the_scale_of_its_own_training_data(table):
    north, south = from_csv(table, **ROLES)
    for task in (north, south):
        learned = task.number.to_scale(task.train[1])
        assert learned.mean() == pytest.approx(0, abs=1e-4)
        assert learned.std() == pytest.approx(1, abs=1e-4)
        whole = task.number.to_unit(task.number.to_scale(task.test[1]))
        np.testing.assert_allclose(whole, task.test[1], rtol=1e-6)
    assert north.number.mean > 5 * south.number.mean


def test_what_is_written_down_gives_them_again(table):
    scenario = from_csv(table, **ROLES)
    entry = scenario.manifest()["tasks"][1]
    assert entry["number"] == dataclasses.asdict(scenario[1].number)
    assert RecordedTask(entry).number == scenario[1].number
    again = from_csv(table, **scenario.get_config())
    np.testing.assert_array_equal(again[1].test[1], scenario[1].test[1])
    moved = scenario[1].placed(0, "there", [0])
    assert moved.number == scenario[1].number


def test_whole_numbers_are_classes_unless_asked_for(tmp_path):
    frame = houses()
    frame["price"] = np.arange(60) // 2 % 3
    frame.to_csv(tmp_path / "rooms.csv", index=False)
    assert not from_csv(tmp_path / "rooms.csv", **ROLES).predicts_numbers
    asked = from_csv(tmp_path / "rooms.csv", **ROLES, label_kind="number")
    assert sorted(set(asked[0].train[1])) == [0.0, 1.0, 2.0]


def test_a_run_of_before_there_were_numbers_has_its_classes(tmp_path):
    frame = houses()
    frame["price"] = np.arange(60) // 2 % 3 + 0.5
    frame.to_csv(tmp_path / "rooms.csv", index=False)
    config = from_csv(tmp_path / "rooms.csv", **ROLES, label_kind="class").get_config()
    del config["label_kind"]
    again = from_csv(tmp_path / "rooms.csv", **config)
    assert again[0].class_names == ("0.5", "1.5", "2.5")


def test_floats_of_arrays_are_predicted(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(40, 5)), np.arange(40.0)
    np.savez(tmp_path / "a.npz", x=x, y=y[:, None], task=np.arange(40) // 20)
    scenario = from_npz(tmp_path / "a.npz")
    assert [task.number is not None for task in scenario] == [True, True]
    for task in scenario:
        own = np.isin(y, np.concatenate([task.train[1], task.test[1]]))
        raw = x[own & np.isin(y, task.train[1])]
        np.testing.assert_array_equal(
            preprocess(raw, task.preprocessing), task.train[0]
        )
    assert from_npz(tmp_path / "a.npz", label_kind="number").predicts_numbers
    with pytest.raises(ValueError, match="dtype=float64"):
        from_npz(tmp_path / "a.npz", label_kind="class")


@pytest.mark.parametrize(
    ("column", "options", "message"),
    [
        (np.arange(60), {}, "--label_kind=number to predict"),
        (["a", "b"] * 30, {"label_kind": "number"}, "'a', for one"),
        ([1.5, np.inf] * 30, {"label_kind": "number"}, "30 that are empty, infinite"),
        ([1.5] * 60, {"label_kind": "number"}, "all have 1.5"),
        ([1.5, None] * 30, {}, "30 empty cells"),
        ([1.5, 2.5] * 30, {"label_kind": "price"}, r"'class', 'number'"),
    ],
)
def test_what_cannot_be_predicted_is_told(tmp_path, column, options, message):
    frame = houses()
    frame["price"] = column
    frame.to_csv(tmp_path / "houses.csv", index=False)
    with pytest.raises(ValueError, match=message):
        from_csv(tmp_path / "houses.csv", **ROLES, **options)


def test_a_scale_is_that_of_the_values():
    values = np.array([1e6, 1e6 + 3], "float32")
    number = Number.of(values, "far")
    assert (number.mean, number.std) == (1000001.5, 1.5)
