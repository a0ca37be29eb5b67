import json

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

from hypermask_tf.scenarios import from_folder, from_path, get, preprocess
from tests.scenarios.own.makers import (
    CLASSES,
    TASKS,
    picture_folder,
    recording_folder,
    save_picture,
    sound_folder,
)

SPLITS = ("train", "validation", "test")


def numbers(task, split, scale=255.0):
    """The number that each picture of a task bears, by its class."""
    x, y = getattr(task, split)
    values = np.rint(x.reshape(len(x), -1)[:, 0] * scale).astype(int)
    return {
        (int(n), task.class_names[label]) for n, label in zip(values, y, strict=True)
    }


def test_pictures_are_named_by_their_folders_and_all_are_there(tmp_path):
    scenario = from_folder(picture_folder(tmp_path / "photos"))
    assert scenario.name == "data:photos"
    assert [task.name for task in scenario] == list(TASKS)
    assert {task.class_names for task in scenario} == {CLASSES}
    assert scenario.input_shape == (4, 5, 1)
    found = [numbers(task, split) for task in scenario for split in SPLITS]
    assert sum(map(len, found)) == 24
    expected = {(n, CLASSES[n // 6 % 2]) for n in range(24)}
    assert set().union(*found) == expected
    for task in scenario:
        for split in SPLITS:
            assert {name for _, name in numbers(task, split)} == set(CLASSES)


def test_the_split_follows_the_seed_and_nothing_else(tmp_path):
    root = picture_folder(tmp_path)

    def test_of(**options):
        return [numbers(task, "test") for task in from_folder(root, **options)]

    assert test_of() == test_of()
    assert test_of() == test_of(validation_size=0.0, num_tasks=2)
    assert len({str(test_of(seed=seed)) for seed in range(6)}) > 2


def test_a_scenario_is_built_again_by_its_name(tmp_path):
    root = picture_folder(tmp_path)
    scenario = from_folder(root, test_size=0.4, num_tasks=1)
    config = json.loads(json.dumps(scenario.get_config()))
    again = get(scenario.name, data_dir=root, download=False, **config)
    assert again.manifest() == scenario.manifest()
    assert numbers(again[0], "train") == numbers(scenario[0], "train")
    moved = root.rename(tmp_path.parent / f"{tmp_path.name}_moved")
    get(scenario.name, data_dir=moved, **config)
    save_picture(moved / "ann" / "rest" / "0.png", np.full((4, 5, 1), 200))
    with pytest.raises(ValueError, match="files were added, removed or changed"):
        get(scenario.name, data_dir=moved, **config)


def test_colours_and_sizes(tmp_path):
    root = picture_folder(tmp_path)
    for i in range(3):
        save_picture(root / "ann" / "red" / f"{i}.jpg", np.full((9, 7, 3), 90 * i))
    scenario = from_folder(root, image_size=(6, 8))
    assert scenario.input_shape == (6, 8, 3)
    assert [task.num_classes for task in scenario] == [3, 2]
    assert scenario.max_classes == 3
    grey = from_folder(root, image_size=(6, 8), color_mode="grayscale")
    assert grey.input_shape == (6, 8, 1)


@pytest.mark.parametrize("above", [True, False])
def test_a_level_of_splits_is_honoured(tmp_path, above):
    number = 0
    expected = {split: set() for split in SPLITS}
    for split, folder in zip(SPLITS, ("train", "val", "test"), strict=True):
        for label in CLASSES:
            levels = (folder, "ann", label) if above else ("ann", folder, label)
            for i in range(2):
                path = tmp_path.joinpath(*levels, f"{i}.png")
                save_picture(path, np.full((4, 4, 1), number))
                expected[split].add((number, label))
                number += 1
    (task,) = from_folder(tmp_path)
    assert task.name == "ann"
    assert {split: numbers(task, split) for split in SPLITS} == expected


def test_a_folder_of_classes_is_one_task(tmp_path):
    (task,) = from_folder(picture_folder(tmp_path) / "bob")
    assert (task.name, task.class_names) == ("bob", CLASSES)


def recordings_of(task, split):
    """Of each window: the number of its recording, and its first moment."""
    x, _ = getattr(task, split)
    raw = x / task.preprocessing["scale"] - np.divide(
        task.preprocessing["offset"], task.preprocessing["scale"]
    )
    return [(round(float(w[0, 1])), round(float(w[0, 0]))) for w in raw]


def test_windows_of_a_recording_are_never_in_training_and_test(tmp_path):
    root = recording_folder(tmp_path, each=5)
    for task in from_folder(root, window=20, overlap=0.5):
        owners = {
            split: {owner for owner, _ in recordings_of(task, split)}
            for split in SPLITS
        }
        assert sum(map(len, owners.values())) == 10
        assert len(set().union(*owners.values())) == 10
        assert len(owners["test"]) == 2


@pytest.mark.parametrize("overlap", [0.0, 0.5, 0.75])
def test_of_two_recordings_one_is_tested_and_the_end_of_the_other_validates(
    tmp_path, overlap
):
    for task in from_folder(recording_folder(tmp_path), window=20, overlap=overlap):
        learned = recordings_of(task, "train")
        validated = recordings_of(task, "validation")
        tested = {owner for owner, _ in recordings_of(task, "test")}
        assert {owner for owner, _ in learned} == {owner for owner, _ in validated}
        assert len(tested) == 2 and not tested & {owner for owner, _ in learned}
        for owner, start in validated:
            last = max(moment for other, moment in learned if other == owner)
            assert start >= last + 20  # no moment in both


def test_groups_over_classes_stay_whole(tmp_path):
    root = recording_folder(tmp_path, names=("left_1", "right_1"))
    for seed in range(3):
        scenario = from_folder(root, window=20, group_pattern="left|right", seed=seed)
        for task in scenario:
            # Numbers of recordings on the left are even.
            assert len({owner % 2 for owner, _ in recordings_of(task, "test")}) == 1
            assert len({owner % 2 for owner, _ in recordings_of(task, "train")}) == 1


def test_what_a_mirrored_sensor_sees_changes_its_sign(tmp_path):
    root = recording_folder(tmp_path, names=("left", "right"))
    plain = from_folder(root, window=50)
    turned = from_folder(root, window=50, mirror="right:n")
    assert turned.preprocessing["mirror"] == "right:n"
    for one, other in zip(plain, turned, strict=True):
        for split in SPLITS:
            as_seen = recordings_of(one, split)
            signs = [-n if n % 2 else n for n, _ in as_seen]
            assert [n for n, _ in recordings_of(other, split)] == signs


def test_scaling_is_learned_from_training_samples_of_the_first_task(tmp_path):
    root = recording_folder(tmp_path, each=3)
    x, _ = from_folder(root, window=10)[0].train
    np.testing.assert_allclose(x.mean(axis=(0, 1)), 0, atol=1e-4)
    np.testing.assert_allclose(x.std(axis=(0, 1)), 1, atol=1e-3)
    before = from_folder(root, window=10).preprocessing
    path = root / "bob" / "rest" / "0.csv"
    (1000 * pd.read_csv(path)).to_csv(path, index=False)
    assert from_folder(root, window=10).preprocessing == before


def test_sounds_become_features_or_waves_at_one_rate(tmp_path):
    root = sound_folder(tmp_path)
    features = from_folder(root)
    assert features.input_shape == (63, 40)
    assert features.preprocessing["log_mel"] == {"sample_rate": 8000}
    raw = from_folder(root, features="raw", window=1000, overlap=0.0)
    assert raw.input_shape == (1000, 1)
    assert sum(raw[0].sizes.values()) <= 2 * 3 * 4
    rate, wave = wavfile.read(root / "ann" / "rest" / "0.wav")
    wavfile.write(root / "ann" / "rest" / "0.wav", 2 * rate, np.repeat(wave, 2))
    with pytest.raises(ValueError, match=r"8000 Hz.*--sample_rate"):
        from_folder(root)
    assert from_folder(root, sample_rate=4000).input_shape == (63, 40)


def test_features_are_those_of_each_sound_alone(tmp_path):
    scenario = from_folder(sound_folder(tmp_path))
    wave = np.sin(np.arange(8000) / 5).astype("float32")[:, None]
    quiet = preprocess(0.01 * wave[None], scenario.preprocessing)
    both = preprocess(np.stack([0.01 * wave, wave]), scenario.preprocessing)
    np.testing.assert_allclose(both[0], quiet[0], atol=1e-3)


def test_raw_samples_are_what_inputs_are_made_of(tmp_path):
    for folder in (sound_folder(tmp_path / "sounds"), picture_folder(tmp_path / "all")):
        for task in from_folder(folder):
            for split in ("train", "test"):
                made = preprocess(task.raw(split), task.preprocessing)
                np.testing.assert_array_equal(made, getattr(task, split)[0])


def test_the_path_tells_the_source(tmp_path):
    root = picture_folder(tmp_path)
    scenario = from_path(root, window=None, image_size=(3, 3))
    assert scenario.manifest() == from_folder(root, image_size=(3, 3)).manifest()
