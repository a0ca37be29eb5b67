"""A learner at hand and arrays of one's own become verified files."""

import hashlib
import json

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from hypermask_tf.cli import bundle
from hypermask_tf.export.from_python import export as export_stage
from hypermask_tf.export.interpreter import make_interpreter, run_tflite, tensors
from hypermask_tf.export.write.metadata import read_description, read_labels
from tests.export.from_python.learners import (
    OF_LOGITS,
    X,
    Y,
    content,
    export,
    learner,
    mlp,
    state,
)


@pytest.fixture(scope="module")
def exported(two_classes, tmp_path_factory):
    """Two tasks in one folder, the first as float32 and int8; and the report."""
    folder = tmp_path_factory.mktemp("out")
    report = export(
        two_classes,
        folder,
        (X[:40], Y[:40]),
        test=(X[40:], Y[40:]),
        representative=X[:20],
        labels=["off", "on"],
        preprocessing={"scale": 0.5, "offset": -1.0, "unit": "g"},
        task="door",
        quantizations=["int8", "float32"],
        max_drop=0.2,
        latency=True,
    )
    return folder, report


def test_a_file_for_each_way_with_what_it_says_of_itself(exported, two_classes):
    folder, report = exported
    names = ("task_00.tflite", "task_00.int8.tflite")
    assert report.written == names and report.passed and not report.rejected
    assert sorted(state(folder)) == sorted(
        [*names, "task_00.json", "task_00.int8.json", "report.json"]
    )
    for name in names:
        beside = json.loads((folder / name).with_suffix(".json").read_text())
        assert beside["sha256"] == hashlib.sha256(content(folder, name)).hexdigest()
        assert beside["task"] == {"index": 0, "name": "door"}
        assert [label["name"] for label in beside["labels"]] == ["off", "on"]
        assert beside["preprocessing"]["unit"] == "g"
        assert (
            beside["input"]["name"] == "sensor" and beside["output"]["name"] == "said"
        )
        assert beside["gate"]["split"] == "validation"
        assert beside["gate"]["examples"] == 40
        assert beside["verification"]["examples"] == 24
        assert "split" not in beside["verification"]
        assert beside["latency"]["median_us"] > 0
        assert read_description(content(folder, name))["task"]["name"] == "door"
        assert read_labels(content(folder, name)) == ["off", "on"]
    logits = np.asarray(two_classes.predict(X, task=0, verbose=0))
    found = run_tflite(content(folder), X)
    np.testing.assert_allclose(found, logits, rtol=1e-4, atol=1e-4)
    assert beside["verification"]["keras_accuracy"] == np.mean(
        logits[40:].argmax(-1) == Y[40:]
    )


def test_a_folder_of_files_becomes_a_bundle(exported, tmp_path, capsys):
    folder, _ = exported
    assert bundle.run(["create", str(tmp_path / "edge.hmb"), str(folder)]) == 0
    assert "2 files" in capsys.readouterr().out


def test_what_fails_leaves_the_folder_as_it_was(exported, two_classes, monkeypatch):
    folder, _ = exported
    before = state(folder)
    calls = {
        FileExistsError: {},
        ValueError: {"labels": ["a", "b", "c"], "overwrite": True},
    }
    for kind, arguments in calls.items():
        with pytest.raises(kind):
            export(two_classes, folder, (X, Y), **arguments)
        assert state(folder) == before
    with pytest.raises(ValueError, match="Nothing was written"):
        export(two_classes, folder, (X, Y), overwrite=True, budget_bytes=10)
    assert state(folder) == before

    replace, done = export_stage.os.replace, []

    def full(source, destination):
        done.append(destination)
        if len(done) == 6:
            raise OSError("No space left on device")
        replace(source, destination)

    monkeypatch.setattr(export_stage.os, "replace", full)
    monkeypatch.setattr(export_stage, "publish", lambda *_: None)
    with pytest.raises(OSError, match="No space left"):
        export(two_classes, folder, (X, Y), overwrite=True, max_drop=1)
    assert state(folder) == before


def test_tasks_side_by_side_and_one_that_is_replaced(two_classes, tmp_path):
    tasks = {1: (X, Y), 0: {"validation": (X, Y), "labels": ["a", "b"]}}
    options = {"latency": False, "max_drop": 1.0}
    hm.export.export_tasks(two_classes, tasks, tmp_path, **options)
    first = state(tmp_path)
    assert json.loads(first["task_01.json"])["verification"]["split"] == "validation"
    assert [e["name"] for e in json.loads(first["task_01.json"])["labels"]] == [*"01"]
    report = export(
        two_classes,
        tmp_path,
        (X, Y),
        overwrite=True,
        quantizations="dynamic_int8",
        max_drop=1,
    )
    assert [entry["file"] for entry in report.files] == [
        "task_00.dynamic_int8.tflite",
        "task_01.tflite",
    ]
    after = state(tmp_path)
    made = ["task_00.dynamic_int8", "task_01"]
    files = {name + end for name in made for end in (".json", ".tflite")}
    assert after.keys() == {*files, "report.json"}
    assert all(after[n] == first[n] for n in after if n.startswith("task_01"))
    saved = json.loads(after["report.json"])
    assert saved["selected"] == {"0": report.files[0]["file"], "1": "task_01.tflite"}


def test_nothing_is_replaced_unasked(two_classes, tmp_path):
    said = np.asarray(two_classes.predict(X, task=0, verbose=0))
    data = (X, said.argmax(-1))
    export(two_classes, tmp_path, data, max_drop=1)
    export(two_classes, tmp_path, data, quantizations="float16", max_drop=1)
    before = state(tmp_path)
    assert {"task_00.tflite", "task_00.float16.tflite"} < before.keys()
    assert len(json.loads(before["report.json"])["files"]) == 2
    # Worse than any file can be: the safest takes its place, which is there already.
    with pytest.raises(FileExistsError, match=r"Received: task_00\.(float16\.)?tfl"):
        export(
            two_classes,
            tmp_path,
            (X, said),
            quantizations="int4",
            metric=keras.metrics.MeanSquaredError(),
            max_drop=1e-9,
        )
    assert state(tmp_path) == before


def test_whole_numbers_of_a_file_are_read_as_they_are(exported):
    folder, _ = exported
    inputs, outputs = tensors(make_interpreter(content(folder)))
    assert list(inputs) == ["sensor"] and list(outputs) == ["said"]


def test_a_head_of_fewer_outputs_is_what_the_file_has(tmp_path):
    model = learner(mlp(5), OF_LOGITS, X, Y)
    model.fit(X, Y, task="coins", num_classes=3, verbose=0)
    report = hm.export.export_tasks(
        model, {"coins": (X, Y), 0: (X, Y)}, tmp_path, latency=False
    )
    assert report.written == ("task_00.tflite", "task_01.tflite")
    assert [entry["task"]["name"] for entry in report.files] == ["task_00", "coins"]
    assert [len(entry["labels"]) for entry in report.files] == [5, 3]
    found = run_tflite(content(tmp_path, "task_01.tflite"), X)
    expected = model.predict(X, task="coins", verbose=0)[:, :3]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match="task 1 twice"):
        hm.export.export_tasks(model, {"coins": (X, Y), 1: (X, Y)}, tmp_path)


def test_a_forgotten_task_has_no_file(tmp_path):
    model = learner(mlp(), OF_LOGITS, X, Y, tasks=2)
    model.forget(0)
    with pytest.raises(ValueError, match="Task 0 was forgotten"):
        export(model, tmp_path, (X, Y))
    assert export(model, tmp_path, (X, Y), task=1).written == ("task_01.tflite",)
