import hashlib
import json

import pytest

from hypermask_tf.export.bundling.sources import SourceFile, read_sources


@pytest.fixture
def run(small, ten_tasks, tmp_path):
    """A run with two files a task, the second one smaller."""
    int8 = [
        small.source(i, small.tflite(), f"task_{i:02d}.dynamic_int8.tflite")
        for i in range(3)
    ]
    small.save([*ten_tasks[:3], *int8], tmp_path / "run" / "export")
    return tmp_path / "run"


def _files(sources):
    return [source.file for source in sources]


def test_run_folder_and_export_folder_are_the_same(run):
    found = read_sources([run])
    assert _files(found)[:2] == ["task_00.dynamic_int8.tflite", "task_00.tflite"]
    assert found == read_sources([run / "export"]) and len(found) == 6
    assert [source.task for source in found] == [0, 0, 1, 1, 2, 2]


def test_pattern_smallest_and_single_files(run):
    int8 = [f"task_{i:02d}.dynamic_int8.tflite" for i in range(3)]
    assert _files(read_sources([run], "*.dynamic_int8.tflite")) == int8
    assert _files(read_sources([run], smallest=True)) == int8
    one = run / "export" / "task_01.tflite"
    assert _files(read_sources([one])) == ["task_01.tflite"]


def test_tasks_are_in_the_order_of_their_numbers(small, tmp_path):
    sources = [
        small.source(i, small.tflite(description=str(i)), f"task_{i}.tflite")
        for i in (10, 9, 2)
    ]
    small.save(sources, tmp_path)
    assert [s.task for s in read_sources([tmp_path])] == [2, 9, 10]


@pytest.mark.parametrize(
    ("damage", "error", "words"),
    [
        (lambda e: (e / "task_00.json").unlink(), FileNotFoundError, "task_00.json"),
        (lambda e: (e / "task_00.tflite").write_bytes(b""), ValueError, "Export it"),
        (lambda e: (e / "task_00.json").write_text("{"), ValueError, "is not JSON"),
        (lambda e: (e / "task_00.json").write_text("[]"), ValueError, "an object"),
    ],
)
def test_what_was_not_verified_is_refused(run, damage, error, words):
    damage(run / "export")
    with pytest.raises(error, match=words):
        read_sources([run])


def test_missing_inputs_are_named(run, tmp_path):
    with pytest.raises(FileNotFoundError, match="Expected a run"):
        read_sources([tmp_path / "nowhere"])
    with pytest.raises(FileNotFoundError, match=r"like \*\.int2\.tflite.*task_00"):
        read_sources([run], "*.int2.tflite")


def test_smallest_needs_a_task_number(run):
    path = run / "export" / "task_00.json"
    values = json.loads(path.read_text())
    del values["task"]
    path.write_text(json.dumps(values))
    assert read_sources([run])[-1].task is None
    with pytest.raises(ValueError, match="names no task index"):
        read_sources([run], smallest=True)


def test_a_json_without_the_hash_of_its_file_proves_nothing(run):
    path = run / "export" / "task_00.json"
    values = json.loads(path.read_text())
    del values["sha256"]
    path.write_text(json.dumps(values))
    with pytest.raises(ValueError, match="Export it again"):
        read_sources([run])


def test_of_equally_small_files_the_first_is_taken(small, tmp_path):
    content = small.tflite(description="a")
    for order in ("ab", "ba"):
        folder = tmp_path / order
        files = [f"task_00.{name}.tflite" for name in order]
        small.save([small.source(0, content, file) for file in files], folder)
        assert _files(read_sources([folder], smallest=True)) == ["task_00.a.tflite"]


def test_files_without_a_task_number_come_last(small, tmp_path):
    sources = [small.source(i, small.tflite(), f"task_{i:02d}.tflite") for i in (0, 3)]
    content = small.tflite()
    said = {"sha256": hashlib.sha256(content).hexdigest(), "task": "none"}
    sources.append(SourceFile("a.tflite", content, json.dumps(said).encode()))
    small.save(sources, tmp_path)
    names = ["task_00.tflite", "task_03.tflite", "a.tflite"]
    assert _files(read_sources([tmp_path])) == names
