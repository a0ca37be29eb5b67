"""Tiny ImageNet's archive layout, in small."""

import numpy as np
import pytest
import tensorflow as tf

from hypermask_tf.scenarios import split_tiny_imagenet, tiny_imagenet_files

CLASSES = ("n02", "n01", "n03", "n04")


def _write(path, colour, channels=3):
    image = np.full((64, 64, channels), colour, "uint8")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tf.io.encode_jpeg(image, quality=100).numpy())


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "tiny-imagenet-200"
    lines = []
    for label, identifier in enumerate(CLASSES):
        for i in range(6):
            file = folder / "train" / identifier / "images" / f"{identifier}_{i}.JPEG"
            # One in six is grey, as some are in the archive.
            _write(file, 40 * label + i, channels=1 if i == 3 else 3)
        for i in range(2):
            name = f"val_{2 * label + i}.JPEG"
            _write(folder / "val" / "images" / name, 40 * label + 20 + i)
            lines.append(f"{name}\t{identifier}\t0\t0\t63\t63")
    (folder / "val" / "val_annotations.txt").write_text("\n".join(lines) + "\n")
    (folder / "wnids.txt").write_text("\n".join(CLASSES) + "\n")
    (folder / "words.txt").write_text("n01\tgoldfish, Carassius\nn09\tother\n")
    tiny_imagenet_files._read.cache_clear()
    yield folder
    tiny_imagenet_files._read.cache_clear()


def test_labels_follow_the_identifiers(archive):
    data = tiny_imagenet_files.load_tiny_imagenet(archive.parent)
    assert data.x_train.shape == (24, 64, 64, 3) and data.x_test.shape == (8, 64, 64, 3)
    assert data.class_names == {0: "goldfish", 1: "n02", 2: "n03", 3: "n04"}
    # The colour of an image tells which file it came from.
    for images, labels, first in (
        (data.x_train, data.y_train, 0),
        (data.x_test, data.y_test, 20),
    ):
        for image, label in zip(images, labels, strict=True):
            place = CLASSES.index(sorted(CLASSES)[label])
            assert 0 <= int(image[0, 0, 0]) - 40 * place - first < 6
            assert (image == image[0, 0, 0]).all()


def test_tasks_are_of_shuffled_classes_and_the_seed_says_which(archive):
    scenario = split_tiny_imagenet(2, validation_size=4, data_dir=archive)
    assert scenario.input_shape == (64, 64, 3) and scenario.num_tasks == 2
    assert [task.sizes["validation"] for task in scenario] == [4, 4]
    assert [task.sizes["test"] for task in scenario] == [4, 4]
    ordered = split_tiny_imagenet(2, validation_size=4, data_dir=archive, seed=None)
    assert [task.classes for task in ordered] == [(0, 1), (2, 3)]
    again = split_tiny_imagenet(2, validation_size=4, data_dir=archive)
    assert [t.classes for t in again] == [t.classes for t in scenario]


def test_no_image_of_the_archive_is_where_it_must_not_be(archive):
    """Each file is one colour, which tells the class, the split and the number."""
    scenario = split_tiny_imagenet(2, validation_size=4, data_dir=archive)
    seen = []
    for task in scenario:
        steps = task.preprocessing
        for split in ("train", "validation", "test"):
            x, y = getattr(task, split)
            raw = (x - np.asarray(steps["offset"])) / np.asarray(steps["scale"])
            values = raw[:, 0, 0, 0].round().astype(int)
            seen += values.tolist()
            assert set(values % 40 >= 20) == {split == "test"}
            for value, label in zip(values, y, strict=True):
                identifier = CLASSES[value // 40]
                assert sorted(CLASSES)[task.classes[label]] == identifier
    # Every file once, whatever the task and the split.
    assert len(seen) == len(set(seen)) == 4 * (6 + 2)


def test_a_missing_archive_is_told_with_its_address(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"tiny-imagenet-200\.zip"):
        split_tiny_imagenet(data_dir=tmp_path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "val" / "val_annotations.txt").unlink(), "Unpack the archive"),
        (lambda f: (f / "wnids.txt").write_text("n05\n"), "of the class n05"),
        (
            lambda f: (f / "val" / "val_annotations.txt").write_text("a.JPEG\tn77\t0"),
            "'n77' for a.JPEG",
        ),
        (
            lambda f: (f / "train/n01/images/n01_0.JPEG").write_bytes(b"GIF89a"),
            "Expected a JPEG image",
        ),
    ],
)
def test_damage_is_named(archive, damage, message):
    damage(archive)
    with pytest.raises((FileNotFoundError, ValueError), match=message):
        tiny_imagenet_files.load_tiny_imagenet(archive)


def test_an_image_of_another_size_is_refused(archive):
    image = np.zeros((32, 32, 3), "uint8")
    file = archive / "train" / "n01" / "images" / "n01_0.JPEG"
    file.write_bytes(tf.io.encode_jpeg(image).numpy())
    with pytest.raises(ValueError, match=r"64 x 64 pixels. Received: \(32, 32, 3\)"):
        tiny_imagenet_files.load_tiny_imagenet(archive)
