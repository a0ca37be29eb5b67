"""What is wrong with people's files, and what they are told."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.io import wavfile

from hypermask_tf.scenarios import from_path
from tests.scenarios.own.makers import (
    picture_folder,
    recording_folder,
    save_picture,
    sound_folder,
    table,
)


def empty_class(root):
    picture_folder(root)
    (root / "ann" / "sit").mkdir()


def one_sample(root):
    picture_folder(root)
    save_picture(root / "ann" / "sit" / "0.png", np.zeros((4, 5, 1)))


def two_samples(root):
    one_sample(root)
    save_picture(root / "ann" / "sit" / "1.png", np.zeros((4, 5, 1)))


def unreadable_picture(root):
    picture_folder(root)
    (root / "ann" / "rest" / "0.png").write_bytes(b"not a picture")


def half_a_picture(root):
    picture_folder(root)
    save_picture(root / "ann" / "rest" / "0.png", np.random.rand(40, 50, 3) * 255)
    whole = (root / "ann" / "rest" / "0.png").read_bytes()
    (root / "ann" / "rest" / "0.png").write_bytes(whole[: len(whole) // 2])


def more_than_bytes(root):
    """Of depth cameras and X-rays: 16 bits, which as bytes would begin again at 0."""
    picture_folder(root)
    levels = np.linspace(0, 2**16 - 1, 20).reshape(4, 5).astype("uint16")
    Image.fromarray(levels).save(root / "ann" / "rest" / "0.png")


def mixed_sizes(root):
    picture_folder(root)
    save_picture(root / "bob" / "walk" / "9.png", np.zeros((9, 9, 1)))


def mixed_kinds(root):
    picture_folder(root)
    (root / "ann" / "rest" / "notes.csv").write_text("a\n1\n")


def unknown_kind(root):
    picture_folder(root)
    (root / "ann" / "rest" / "film.mp4").write_bytes(b"")


def loose_file(root):
    picture_folder(root)
    save_picture(root / "ann" / "0.png", np.zeros((4, 5, 1)))


def too_deep(root):
    picture_folder(root)
    save_picture(root / "ann" / "rest" / "more" / "0.png", np.zeros((4, 5, 1)))


def class_twice(root):
    picture_folder(root)
    save_picture(root / "ann" / "Rest" / "0.png", np.zeros((4, 5, 1)))


def task_twice(root):
    picture_folder(root)
    for name in ("rest", "walk"):
        save_picture(root / "Ann" / name / "0.png", np.zeros((4, 5, 1)))


def one_class(root):
    picture_folder(root)
    for i in range(6):
        save_picture(root / "eve" / "rest" / f"{i}.png", np.zeros((4, 5, 1)))


def unseen_class(root):
    for split, labels in (("train", "ab"), ("test", "abc")):
        for label in labels:
            save_picture(root / split / "ann" / label / "0.png", np.zeros((4, 4, 1)))


def no_test(root):
    for label in "ab":
        save_picture(root / "train" / "ann" / label / "0.png", np.zeros((4, 4, 1)))


def not_a_number(root):
    recording_folder(root)
    frame = pd.read_csv(root / "ann" / "rest" / "1.csv").astype(float)
    frame.loc[7, "n"] = np.nan
    frame.to_csv(root / "ann" / "rest" / "1.csv", index=False)


def text_in_a_recording(root):
    recording_folder(root)
    (root / "ann" / "rest" / "1.csv").write_text("t,n\n0,high\n1,low\n")


def other_columns(root):
    recording_folder(root)
    (root / "bob" / "rest" / "1.csv").write_text("t,m\n" + "0,1\n" * 100)


def short_recording(root):
    recording_folder(root, rows=100)
    (root / "bob" / "rest" / "1.csv").write_text("t,n\n" + "0,1\n" * 30)


def brief_recordings(root):
    recording_folder(root, rows=100)


def empty_recording(root):
    recording_folder(root)
    (root / "bob" / "rest" / "1.csv").write_text("t,n\n")


def ragged_recording(root):
    recording_folder(root)
    (root / "bob" / "rest" / "1.csv").write_text("t,n\n1,2\n1,2,3\n")


def rates(root):
    sound_folder(root)
    wavfile.write(root / "bob" / "walk" / "9.wav", 44100, np.zeros(99, "int16"))


def no_sound(root):
    sound_folder(root)
    (root / "bob" / "walk" / "9.wav").write_bytes(b"RIFFnothing")


def sound_with_nan(root):
    sound_folder(root)
    wave = np.array([0, np.nan, 0], "float32")
    wavfile.write(root / "bob" / "walk" / "9.wav", 8000, wave)


FOLDERS = [
    (empty_class, {}, r"empty class folder.*Fill or remove"),
    (one_sample, {}, r"ann, class 'sit' with 1 \(sit/0\.png\)"),
    (two_samples, {}, r"three or more.*class 'sit'.*validation_size=0"),
    (unreadable_picture, {}, r"0\.png.*Save it again as PNG"),
    (half_a_picture, {"image_size": (4, 5)}, r"0\.png.*Save it again as PNG"),
    (more_than_bytes, {}, r"8 bits a channel.*rest/0\.png.*'I;16'"),
    (mixed_sizes, {}, r"4x5 and .*9\.png of 9x9.*--image_size"),
    (mixed_kinds, {}, r"one kind.*Received: .*0\.png and .*notes\.csv"),
    (unknown_kind, {}, r"film\.mp4\. Convert or remove"),
    (loose_file, {}, r"0\.png in .*ann, beside them"),
    (too_deep, {}, r"Levels are task/class/file"),
    (class_twice, {}, r"own for every class.*'Rest' and 'rest'"),
    (task_twice, {}, r"own for every task.*'Ann' and 'ann'"),
    (one_class, {}, r"two or more classes.*eve with \['rest'\]"),
    (unseen_class, {}, r"every class of the test data.*without any of \['c'\]"),
    (no_test, {}, r"Expected test samples of ann.*Received: none"),
    (not_a_number, {}, r"1\.csv.*1 without, the first in row 9, column 'n'.*inter"),
    (text_in_a_recording, {}, r"numbers only in .*1\.csv.*high"),
    (other_columns, {}, r"columns \['t', 'n'\].*Received: \['t', 'm'\]"),
    (short_recording, {"window": 50}, r"at least 50 samples.*1\.csv with 30"),
    (brief_recordings, {"window": 60}, r"long enough.*a recording of 2 windows"),
    (empty_recording, {}, r"Expected rows in .*1\.csv"),
    (ragged_recording, {}, r"Expected a CSV file.*1\.csv"),
    (rates, {}, r"8000 Hz and .*9\.wav of 44100 Hz.*--sample_rate"),
    (no_sound, {}, r"Expected a WAV file.*9\.wav"),
    (sound_with_nan, {}, r"finite numbers in .*9\.wav"),
    (picture_folder, {"window": 5}, r"window=5 for files of kind image"),
    (picture_folder, {"image_size": (4,)}, r"height and width.*\[4\]"),
    (picture_folder, {"color_mode": "red"}, r"color_mode='red'"),
    (picture_folder, {"test_size": 0.0}, r"above 0.*test_size=0\.0"),
    (picture_folder, {"num_tasks": 3}, r"from 1 to 2.*num_tasks=3"),
    (picture_folder, {"group_pattern": "("}, r"regular expression.*\("),
    (picture_folder, {"group_pattern": "left"}, r"in every file's name.*0\.png"),
    (picture_folder, {"label_column": "x"}, r"Received: label_column='x'"),
    (recording_folder, {"overlap": 1.0}, r"below 1.*overlap=1\.0"),
    (recording_folder, {"window": 0}, r"window=0"),
    (recording_folder, {"mirror": "0:x"}, r"among \['t', 'n'\].*mirror='0:x'"),
    (recording_folder, {"mirror": "up:n"}, r"'up' in the names.*none such as 0\.csv"),
    (sound_folder, {"features": "fft"}, r"features='fft'"),
]


@pytest.mark.parametrize(("make", "options", "message"), FOLDERS)
def test_a_folder_that_cannot_be_learned(tmp_path, make, options, message):
    make(tmp_path)
    with pytest.raises(ValueError, match=f"(?s){message}"):
        from_path(tmp_path, **options)


def changed(**columns):
    return table().assign(**columns)


_GAP = [None, *table().well[1:]]
_BOTH = {"label_column": "well", "task_column": "clinic"}
TABLES = [
    (table(), {}, r"no label_column; its columns are .*--label_column=well"),
    (table(), {"label_column": "wel"}, r"label_column='wel'"),
    (table(), {**_BOTH, "group_column": "ward"}, r"group_column='ward'"),
    (table(), {**_BOTH, "ignore_columns": ["x"]}, r"ignore_columns='x'"),
    (table(), {**_BOTH, "group_column": "well"}, r"column of its own"),
    (table(), {**_BOTH, "categories": "hash"}, r"categories='hash'"),
    (table(), {**_BOTH, "window": 3}, r"Received: window=3"),
    (changed(well=_GAP), _BOTH, r"'well'.*1 empty cells, the first in row 2"),
    (changed(age=np.nan), _BOTH, r"'age'.*none in any.*--ignore_columns=age"),
    (changed(age=np.inf), _BOTH, r"finite numbers.*'age'.*infinity"),
    (changed(drug=[f"d{i}" for i in range(80)]), _BOTH, r"'drug'.*a name or a remark"),
    (changed(clinic=["a", "A"] * 40), _BOTH, r"own for every task.*'A' and 'a'"),
    (changed(patient=1), {**_BOTH, "group_column": "patient"}, r"two or more groups"),
    (table()[["well", "clinic"]], _BOTH, r"columns to learn from"),
    (changed(part="some"), {**_BOTH, "split_column": "part"}, r"Received: \['some'\]"),
    (table()[:0], _BOTH, r"Expected rows"),
]


@pytest.mark.parametrize(("frame", "options", "message"), TABLES)
def test_a_table_that_cannot_be_learned(tmp_path, frame, options, message):
    frame.to_csv(tmp_path / "visits.csv", index=False)
    with pytest.raises(ValueError, match=f"(?s){message}"):
        from_path(tmp_path / "visits.csv", **options)


X, Y = np.zeros((12, 3)), np.arange(12) % 2
ARRAYS = [
    ({"x": X}, r"arrays x and y.*Received: \['x'\]"),
    ({"x": X[:, 0], "y": Y}, r"x\.shape=\(12,\)"),
    ({"x": X + np.nan, "y": Y}, r"36 in x that are not"),
    ({"x": X, "y": Y[:5]}, r"y\.shape=\(5,\)"),
    ({"x": X, "y": Y + 0.5, "task": Y}, r"all have 0\.5"),
    ({"x": X, "y": Y * np.nan}, r"12 that are empty, infinite or too large"),
    ({"x": X, "y": Y, "group": Y + 0.5}, r"group of shape \(12,\).*dtype=float64"),
    ({"x": X, "y": Y, "task": np.array([{}] * 12)}, r"Python objects"),
]


@pytest.mark.parametrize(("arrays", "message"), ARRAYS)
def test_arrays_that_cannot_be_learned(tmp_path, arrays, message):
    np.savez(tmp_path / "mine.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        from_path(tmp_path / "mine.npz")


@pytest.mark.parametrize("name", ["nothing", "nothing.csv", "nothing.npz"])
def test_data_that_are_not_there(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=name):
        from_path(tmp_path / name)


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "mine.xlsx").write_bytes(b"")
    with pytest.raises(ValueError, match=r"a table \(\.csv\).*mine\.xlsx"):
        from_path(tmp_path / "mine.xlsx")
    (tmp_path / "mine.npz").write_bytes(b"zip?")
    with pytest.raises(ValueError, match=r"np\.savez wrote.*mine\.npz"):
        from_path(tmp_path / "mine.npz")
