"""What is in a bundle when a task has gone."""

import json

import pytest

from hypermask_tf.export.bundle_reader import Bundle
from hypermask_tf.export.bundle_reader.files import write_file
from hypermask_tf.export.bundling.sources import SourceFile
from hypermask_tf.export.bundling.writer import make_bundle
from hypermask_tf.product import shipping


def bundle(path, sidecars):
    """A bundle of files with these JSONs, by name."""
    sources = [
        SourceFile(name, name.encode() * 50, json.dumps(sidecar).encode())
        for name, sidecar in sidecars.items()
    ]
    write_file(path, make_bundle(sources)[0].content)
    return path


def test_files_of_others_and_of_all_stay(tmp_path):
    path = bundle(
        tmp_path / "edge.hmb",
        {
            "log_mel.tflite": {"kind": "front_end"},
            "task_00.tflite": {"task": {"index": 0}},
            "task_01.tflite": {"task": {"index": 1}},
            "task_01.int8.tflite": {"task": {"index": 1}},
        },
    )
    before = Bundle.open(path)
    content, gone = shipping.without(path, 1)
    assert gone == ["task_01.tflite", "task_01.int8.tflite"]
    after = Bundle(content)
    assert after.files == ["log_mel.tflite", "task_00.tflite"]
    for file in after.files:
        assert after.read(file) == before.read(file)
    assert shipping.without(path, 7) == (before.content, [])
    assert Bundle.open(path).content == before.content


def test_what_cannot_be_made_is_told(tmp_path):
    path = bundle(tmp_path / "edge.hmb", {"task_01.tflite": {"task": {"index": 1}}})
    with pytest.raises(ValueError, match="Delete it"):
        shipping.without(path, 1)
    with pytest.raises(FileNotFoundError, match=r"no .*gone"):
        shipping.without(tmp_path / "gone", 1)
