"""Tables and files of arrays."""

import json

import numpy as np
import pytest

from hypermask_tf.checks import check_task_name
from hypermask_tf.scenarios import encode_rows, from_csv, from_folder, from_npz, get
from tests.scenarios.own.makers import picture_folder, table

SPLITS = ("train", "validation", "test")


def write(tmp_path, frame, name="visits.csv"):
    frame.to_csv(tmp_path / name, index=False)
    return tmp_path / name


def ages(task, split):
    """The numbers of the rows, which are the ages of `table`."""
    x, _ = getattr(task, split)
    column = task.preprocessing["columns"][0]
    assert column["name"] == "age"
    return set(np.rint(x[:, 0] * column["std"] + column["mean"]).astype(int).tolist())


def test_tasks_and_labels_are_columns(tmp_path):
    frame = table()
    path = write(tmp_path, frame)
    scenario = from_csv(
        path, label_column="well", task_column="clinic", ignore_columns=["patient"]
    )
    assert [task.name for task in scenario] == ["north", "south"]
    assert scenario[0].class_names == ("no", "yes")
    assert scenario.input_shape == (4,)  # age, and three drugs
    for task in scenario:
        rows = [ages(task, split) for split in SPLITS]
        assert sum(map(len, rows)) == len(set().union(*rows)) == 40
        x, y = task.test
        for row, label in zip(sorted(ages(task, "test")), y, strict=True):
            assert frame.well[row] == task.class_names[label]
        assert set(x[:, 1:].ravel().tolist()) == {0.0, 1.0}
    config = json.loads(json.dumps(scenario.get_config()))
    assert get("data:visits", data_dir=path, **config).manifest() == scenario.manifest()


def test_a_patient_is_learned_or_tested(tmp_path):
    scenario = from_csv(
        write(tmp_path, table()), label_column="well", group_column="patient"
    )
    (task,) = scenario
    assert task.name == "visits"
    patients = [{age // 4 for age in ages(task, split)} for split in SPLITS]
    assert sum(map(len, patients)) == 20


def test_a_column_of_splits_is_honoured(tmp_path):
    frame = table()
    frame["part"] = np.array(SPLITS)[np.arange(80) % 3]
    scenario = from_csv(
        write(tmp_path, frame), label_column="well", split_column="part"
    )
    assert ages(scenario[0], "test") == set(range(2, 80, 3))


def test_gaps_are_filled_by_what_training_rows_say(tmp_path):
    frame = table()
    frame["part"] = ["train"] * 40 + ["test"] * 40
    frame.loc[[0, 50], "age"] = np.nan
    frame.loc[[1, 51], "drug"] = None
    frame.loc[52, "drug"] = "new"
    frame.loc[53, "age"] = 1e6  # moves nothing: it is a test row
    path = write(tmp_path, frame)
    options = {"label_column": "well", "split_column": "part", "validation_size": 0.0}
    (task,) = from_csv(path, ignore_columns=["clinic", "patient"], **options)
    age, drug = task.preprocessing["columns"]
    assert (age["missing"], drug["values"]) == (20.0, ["", "a", "b", "c"])
    train, test = task.train[0], task.test[0]
    assert train[0, 0] == test[10, 0] == pytest.approx((20 - age["mean"]) / age["std"])
    assert train[1, 1:].tolist() == test[11, 1:].tolist() == [1, 0, 0, 0]
    assert test[12, 1:].tolist() == [0, 0, 0, 0]  # never met in training
    codes = from_csv(
        path, ignore_columns=["clinic", "patient"], categories="codes", **options
    )
    assert codes[0].test[0][[11, 12, 13], 1].tolist() == [1.0, 0.0, 4.0]


def test_a_device_encodes_rows_the_same_way(tmp_path):
    frame = table()
    (task,) = from_csv(write(tmp_path, frame), label_column="well")
    rows = sorted(ages(task, "test"))
    encoded = encode_rows(frame.iloc[rows], task.preprocessing["columns"])
    np.testing.assert_array_equal(encoded, task.test[0])
    without = frame.drop(columns="age")
    with pytest.raises(ValueError, match=r"without \['age'\]"):
        encode_rows(without, task.preprocessing["columns"])


@pytest.mark.parametrize(
    ("x", "dtype", "kind"),
    [
        (np.random.default_rng(0).normal(size=(60, 9, 2)), "float32", "window"),
        (np.random.default_rng(0).normal(size=(60, 7)), "float32", "table"),
        (np.arange(420).reshape(60, 7), "int32", "token"),
        (np.zeros((60, 4, 4, 3), "uint8") + 255, "float32", "image"),
    ],
)
def test_arrays_of_every_kind(tmp_path, x, dtype, kind):
    y = np.array(["no", "yes"])[np.arange(60) % 2]
    np.savez(tmp_path / "mine.npz", x=x, y=y, task=np.arange(60) // 20)
    scenario = from_npz(tmp_path / "mine.npz")
    assert [task.name for task in scenario] == ["task 0", "task 1", "task 2"]
    assert scenario.preprocessing["kind"] == kind
    samples, labels = scenario[1].test
    assert (samples.dtype, samples.shape[1:]) == (dtype, x.shape[1:])
    assert set(labels.tolist()) == {0, 1} and scenario[1].class_names == ("no", "yes")
    config = json.loads(json.dumps(scenario.get_config()))
    again = get("data:mine", data_dir=tmp_path / "mine.npz", **config)
    assert again.manifest() == scenario.manifest()


def test_task_numbers_are_learned_in_their_order(tmp_path):
    x, y = np.zeros((120, 3)), np.arange(120) % 2
    np.savez(tmp_path / "mine.npz", x=x, y=y, task=np.arange(120) // 10)
    names = [task.name for task in from_npz(tmp_path / "mine.npz", validation_size=0)]
    # And called what a learner takes for a name: a number alone is an index.
    assert names == [check_task_name(f"task {number}") for number in range(12)]


def test_tasks_of_tables_and_folders_may_be_numbers(tmp_path):
    frame = table()
    frame["clinic"] = np.arange(len(frame)) % 2
    path = write(tmp_path, frame)
    rows = from_csv(path, label_column="well", task_column="clinic")
    assert [task.name for task in rows] == ["task 0", "task 1"]
    root = picture_folder(tmp_path / "photos")
    (root / "ann").rename(root / "12")
    photos = from_folder(root)
    assert [task.name for task in photos] == ["bob", "task 12"]


def test_blanks_around_names_are_nothing(tmp_path):
    path = tmp_path / "spaces.csv"
    path.write_text("a, label\n" + "1, x \n2,y\n" * 8)
    (task,) = from_csv(path, label_column="label")
    assert task.class_names == ("x", "y")
