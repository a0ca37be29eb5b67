"""A file of all tasks is made with the others, stays true to them, or goes."""

import dataclasses
import io
import json
import shutil

import numpy as np
import pytest
from rich.console import Console

import hypermask_tf as hm
from hypermask_tf.cli import verify
from hypermask_tf.export.bundling.sources import read_sources
from hypermask_tf.export.export_options import ExportOptions
from hypermask_tf.export.exporter import export_run
from hypermask_tf.export.interpreter import make_interpreter
from hypermask_tf.export.one_file import make
from hypermask_tf.export.one_file.recheck import recheck_one_file
from hypermask_tf.export.one_file.settle import remake
from hypermask_tf.export.one_file.table import one_file_table
from hypermask_tf.export.report import forget_files
from hypermask_tf.export.variant import VariantOptions
from tests.export.from_python.learners import X, Y, state

BOTH = {"door": (X, Y), 1: (X[:30], Y[:30])}
ONE = "all_tasks.dynamic_int8.tflite"


def export(model, folder, tasks=BOTH, **options):
    given = {"quantizations": "dynamic_int8", "max_drop": 0.2, "latency": False}
    return hm.export.export_tasks(model, tasks, folder, **(given | options))


def signatures(folder, name=ONE):
    return list(make_interpreter((folder / name).read_bytes()).get_signature_list())


@pytest.fixture(scope="module")
def exported(two_classes, tmp_path_factory):
    """Both tasks, and the file of both."""
    folder = tmp_path_factory.mktemp("exported")
    export(two_classes, folder, one_file=True)
    return folder


@pytest.fixture
def folder(exported, tmp_path):
    """A copy, to change."""
    return shutil.copytree(exported, tmp_path / "out")


def test_from_python_a_file_of_all_tasks_says_what_it_holds(two_classes, tmp_path):
    kinds = ("float32", "dynamic_int8")
    report = export(
        two_classes, tmp_path, quantizations=kinds, one_file=True, latency=True
    )
    assert [entry["file"] for entry in report.one_files] == ["all_tasks.tflite", ONE]
    assert ONE not in report.written
    for entry in report.one_files:
        content = (tmp_path / entry["file"]).read_bytes()
        assert len(content) == entry["bytes"] < entry["separate"]["bytes"]
        beside = (tmp_path / entry["file"]).with_suffix(".json").read_text()
        assert json.loads(beside) == json.loads(json.dumps(entry))
        door, other = entry["tasks"]
        assert door["signature"] == door["name"] == "door"
        assert door["input"]["name"] == "sensor" and len(door["labels"]) == 2
        assert door["compared"] == {"test": 64, "random": 32}
        assert other["compared"]["test"] == 30
        assert door["added_bytes"] + other["added_bytes"] == entry["bytes"]
        calls = entry["calls_us"]["one_file"]
        assert calls["all_loaded"] > calls["again"] > 0
        # Another processor may keep other pages; an interpreter takes many.
        memory = entry["resident_bytes"]
        assert memory["one_file"] is None or memory["separate"] > 0
    listed = json.loads((tmp_path / "report.json").read_text())["one_files"]
    assert [entry["sha256"] for entry in listed] == [
        entry["sha256"] for entry in report.one_files
    ]
    assert "preprocessing" not in listed[0]["tasks"][0]
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(one_file_table(report.one_files[0]))
    said = console.export_text()
    assert max(map(len, said.splitlines())) <= 80
    assert "to the bit, on 158 inputs" in said and "all_tasks.tflite: 2 tasks" in said


def test_a_call_that_fails_leaves_the_folder_as_it_was(
    two_classes, tmp_path, monkeypatch
):
    with pytest.raises(ValueError, match="Received: files of 1"):
        export(two_classes, tmp_path, {0: (X, Y)}, one_file=True)
    assert state(tmp_path) == {}
    export(two_classes, tmp_path, {0: (X, Y)}, quantizations="float32")
    before = state(tmp_path)
    with pytest.raises(ValueError, match="none for task 0, 'door'"):
        export(two_classes, tmp_path, {1: (X, Y)}, one_file=True)
    assert state(tmp_path) == before
    # One that computes something else does not get its name.
    stitch = make.stitch

    def swapped(parts):
        return stitch(dict(zip(parts, [*parts.values()][::-1], strict=True)))

    monkeypatch.setattr(make, "stitch", swapped)
    with pytest.raises(ValueError, match="Expected the outputs of the separate files"):
        export(two_classes, tmp_path, overwrite=True, one_file=True)
    assert state(tmp_path) == before


def test_it_is_made_again_with_the_files_it_holds(two_classes, folder, recwarn):
    report = export(two_classes, folder, {1: (X, Y)}, overwrite=True)
    (entry,) = report.one_files
    # The data of the other task are not at hand.
    assert [task["compared"]["test"] for task in entry["tasks"]] == [0, 64]
    assert signatures(folder) == ["door", "task_01"]
    report = export(
        two_classes, folder, {1: (X, Y)}, overwrite=True, quantizations="float32"
    )
    assert report.one_files == () and not list(folder.glob("all_tasks*"))
    (line,) = report.removed
    assert line.startswith(f"{ONE} was removed. Expected a file of dynamic_int8")
    assert any(line in str(warning.message) for warning in recwarn)


def test_forgetting_a_task_leaves_none_that_holds_it(folder):
    content = (folder / "task_00.dynamic_int8.json").read_text()
    third = json.loads(content) | {"file": "task_02.dynamic_int8.tflite"}
    third["task"] = {"index": 2, "name": "gate"}
    (folder / "task_02.dynamic_int8.json").write_text(json.dumps(third))
    data = (folder / "task_00.dynamic_int8.tflite").read_bytes()
    (folder / third["file"]).write_bytes(data)
    remake(folder, ["dynamic_int8"])
    assert signatures(folder) == ["door", "task_01", "gate"]
    before = state(folder)
    forget_files(folder, 7)
    assert state(folder) == before
    forget_files(folder, 1)
    assert not list(folder.glob("all_tasks*"))
    assert json.loads((folder / "report.json").read_text())["one_files"] == []
    found = remake(folder, ["dynamic_int8"])
    assert signatures(folder) == ["door", "gate"] and not found.removed
    (listed,) = json.loads((folder / "report.json").read_text())["one_files"]
    assert [task["index"] for task in listed["tasks"]] == [0, 2]
    forget_files(folder, 2)
    assert "Received: files of 1" in remake(folder, ["dynamic_int8"]).removed[0]
    assert not list(folder.glob("all_tasks*"))


def test_a_bundle_of_a_folder_leaves_it_out(folder):
    assert [source.task for source in read_sources([folder])] == [0, 1]
    assert [source.file for source in read_sources([folder / ONE])] == [ONE]


def test_checked_again_what_changed_is_told(folder):
    (entry,) = json.loads((folder / "report.json").read_text())["one_files"]

    def problem():
        return recheck_one_file(folder, entry, {0: X, 1: X}.get)

    assert problem() == ""
    part = folder / "task_01.dynamic_int8.tflite"
    content = part.read_bytes()
    part.write_bytes(content[:-1])
    assert "task_01.dynamic_int8.tflite beside it is not" in problem()
    part.write_bytes(content)
    # A runtime that computes other numbers in one of the two.
    door, other = entry["tasks"]
    door["signature"], other["signature"] = other["signature"], door["signature"]
    assert "other outputs than the separate files: ['task_01', 'door']" in problem()
    whole = folder / ONE
    whole.write_bytes(whole.read_bytes()[:-1])
    assert "its bytes are not those" in problem()
    whole.unlink()
    assert problem() == "it is missing"


OPTIONS = ExportOptions(
    quantizations=("float32", "dynamic_int8"),
    variant=VariantOptions(max_accuracy_drop=0.1),
    latency=False,
    workers=1,
    one_file=True,
)


def test_a_run_has_it_beside_its_files_and_verify_runs_it(fake_run):
    steps = []
    report = export_run(fake_run, OPTIONS, lambda *step: steps.append(step))
    assert report.passed and steps[-1][0] == "one file for all tasks"
    assert [e["file"] for e in report.one_files] == ["all_tasks.tflite", ONE]
    assert report.one_files[0]["tasks"][1]["compared"]["test"] == 50
    listed = json.loads((fake_run.export_dir / "report.json").read_text())

    def problems():
        scenario = fake_run.load_scenario()
        found = verify.check_report(fake_run.export_dir, listed, scenario, 0.0)
        return {result.file: result.problem for result in found}

    assert set(problems().values()) == {""} and ONE in problems()
    (fake_run.export_dir / ONE).unlink()
    assert problems()[ONE] == "it is missing"
    # An export of one task makes those again that are there.
    only = dataclasses.replace(OPTIONS, tasks=(1,), overwrite=True, one_file=False)
    report = export_run(fake_run, only)
    assert [e["file"] for e in report.one_files] == ["all_tasks.tflite"]


def test_a_task_that_falls_back_is_told_and_the_other_files_stay(fake_run):
    for variable in fake_run.models[1].trainable_variables:
        variable.assign(np.full(variable.shape, np.nan))
    report = export_run(fake_run, OPTIONS)
    names = [failure.file for failure in report.failed]
    assert names[-2:] == ["all_tasks.tflite", ONE] and not report.passed
    assert "Received: files of 1" in str(report.failed[-1])
    assert (fake_run.export_dir / "task_00.tflite").exists()
    assert not list(fake_run.export_dir.glob("all_tasks*"))


def test_a_budget_and_one_file_exclude_each_other():
    with pytest.raises(ValueError, match="a budget or one file"):
        dataclasses.replace(OPTIONS, budget_bytes=10_000)
