"""Data that come to a finished run: read as its own were, or refused."""

import numpy as np
import pytest

from hypermask_tf import scenarios
from hypermask_tf.product.later_data import read_later
from tests.product.makers import arrays
from tests.scenarios.own.makers import recording_folder, save_picture, table


def manifest_of(scenario):
    return {"scenario": scenario.manifest()}


@pytest.fixture
def known(tmp_path):
    """What a run on arrays says of itself."""
    np.savez(tmp_path / "data.npz", **arrays(("ann", "bob")))
    return manifest_of(scenarios.from_path(tmp_path / "data.npz"))


def save(path, **changes):
    values = arrays(["dan"], seed=4) | changes
    del values["task"]
    np.savez(path, **values)
    return path


def test_nothing_is_learned_from_them(tmp_path, known):
    path = save(tmp_path / "dan.npz", x=arrays(["dan"])["x"] + 100)
    source, (entry,) = read_later(known, path)
    assert (entry["index"], entry["name"], entry["added"]) == (2, "dan", 0)
    scenario = scenarios.get(
        source["name"],
        **source["config"],
        preprocessing=known["scenario"]["preprocessing"],
        data_dir=source["data_dir"],
    )
    assert scenario.preprocessing == known["scenario"]["preprocessing"]
    assert scenario[0].train[0].mean() > 10  # far from what the run has seen


def test_classes_have_the_numbers_that_they_had(tmp_path, known):
    y = np.array(["yes", "maybe"])[np.arange(40) % 2]
    _, (entry,) = read_later(known, save(tmp_path / "dan.npz", y=y))
    assert entry["class_names"] == ["maybe", "yes"]
    assert entry["classes"] == [2, 1]


def test_a_table_that_comes_later_needs_no_column_of_tasks(tmp_path):
    table().to_csv(tmp_path / "visits.csv", index=False)
    options = {"label_column": "well", "task_column": "clinic"}
    scenario = scenarios.from_path(tmp_path / "visits.csv", **options)
    later = table().query("clinic == 'north'").drop(columns="clinic")
    later.to_csv(tmp_path / "west.csv", index=False)
    _, (entry,) = read_later(manifest_of(scenario), tmp_path / "west.csv")
    assert (entry["name"], entry["found_as"]) == ("west", "west")
    later.drop(columns="age").to_csv(tmp_path / "west.csv", index=False)
    with pytest.raises(ValueError, match="age"):
        read_later(manifest_of(scenario), tmp_path / "west.csv")


def test_recordings_of_one_hand_follow_those_of_both(tmp_path):
    both = recording_folder(tmp_path / "both", names=("left", "right"))
    scenario = scenarios.from_path(both, window=20, mirror="right:n")
    one = recording_folder(tmp_path / "one", names=("left", "left_2"))
    manifest = manifest_of(scenario)
    _, (entry,) = read_later(manifest, one / "ann", "dan")
    assert (entry["name"], entry["found_as"]) == ("dan", "ann")
    with pytest.raises(ValueError, match=r"of kind recording, like .* of kind image"):
        save_picture(tmp_path / "p" / "rest" / "1.png", np.zeros((4, 4, 1)))
        save_picture(tmp_path / "p" / "walk" / "1.png", np.zeros((4, 4, 1)))
        read_later(manifest, tmp_path / "p")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"x": np.zeros((40, 6)) + np.arange(6)}, r"5 channels.*\(6,\)"),
        ({"x": np.zeros((40, 5), int)}, "kind='table'.*kind='token'"),
        ({"y": np.array(["a", "b", "c"])[np.arange(40) % 3]}, "at most 2 classes"),
    ],
    ids=["shape", "kind", "classes"],
)
def test_what_the_network_cannot_take_is_told(tmp_path, known, changes, told):
    with pytest.raises(ValueError, match=told):
        read_later(known, save(tmp_path / "dan.npz", **changes))


def test_one_name_for_several_tasks_is_told(tmp_path, known):
    np.savez(tmp_path / "two.npz", **arrays(("dan", "eve")))
    with pytest.raises(ValueError, match="2: dan, eve"):
        read_later(known, tmp_path / "two.npz", "dan")


def test_a_benchmark_takes_no_data_of_ones_own(tmp_path):
    manifest = manifest_of(scenarios.split_digits())
    with pytest.raises(ValueError, match="--extend_tasks"):
        read_later(manifest, save(tmp_path / "dan.npz"))
