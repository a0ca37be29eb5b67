import hashlib
import json

from rich.console import Console

from hypermask_tf.export.report import (
    ExportReport,
    FailedFile,
    read_good_files,
    read_report,
)
from hypermask_tf.export.report_markdown import summary_table
from hypermask_tf.export.report_plot import plot_sizes
from hypermask_tf.export.report_table import report_table
from hypermask_tf.export.task_files import Rejection

DENSE = {
    "bytes": 4_000_000,
    "zstd_bytes": 3_000_000,
    "kernels": {"summary": "XNNPACK"},
    "latency": {"median_us": 60.0},
}


def _entry(folder, name, task):
    content = name.encode()
    (folder / f"{name}.tflite").write_bytes(content)
    check = {
        "keras_accuracy": 0.99,
        "tflite_accuracy": 0.98,
        "argmax_agreement": 0.995,
        "max_logit_difference": 0.01,
    }
    entry = {
        "file": f"{name}.tflite",
        "sha256": hashlib.sha256(content).hexdigest(),
        "task": {"index": task, "name": name},
        "preprocessing": {"permutation": [1, 0]},
        "verification": check,
        "quantization": "dynamic_int8",
        "bytes": 2_000_000,
        "gzip_bytes": 1_000_000,
        "zstd_bytes": 900_000 + task,
        "sparse": False,
        "activation_bytes": 4000,
        "kernels": {"summary": "XNNPACK"},
        "latency": {
            "median_us": 5.0,
            "fastest_us": 4.0,
            "baseline_fastest_us": 44.0,
        },
        "file_weights": {"parameters": 10, "zeros": 9},
    }
    (folder / f"{name}.json").write_text(json.dumps(entry))
    return entry


def test_only_files_whose_bytes_were_verified_are_good(tmp_path):
    late = _entry(tmp_path, "task_100", 100)
    first = _entry(tmp_path, "task_00", 0)
    _entry(tmp_path, "task_01", 1)
    (tmp_path / "task_01.tflite").write_bytes(b"other bytes")
    _entry(tmp_path, "task_02", 2)
    (tmp_path / "task_02.tflite").unlink()
    (tmp_path / "task_03.json").write_text("[]")
    (tmp_path / "task_04.json").write_text("{")
    assert read_good_files(tmp_path) == (first, late)


def test_float32_comes_first(tmp_path):
    int8 = _entry(tmp_path, "task_00.dynamic_int8", 0)
    float32 = _entry(tmp_path, "task_00", 0)
    assert read_good_files(tmp_path) == (float32, int8)


def test_report_is_saved_without_long_permutations(tmp_path):
    entry = _entry(tmp_path, "task_00", 0)
    failed = (FailedFile("task_01.tflite", ("bad",)),)
    rejected = (Rejection(0, "int4", ("worse",), "mixed"),)
    ExportReport((entry,), ("task_00.tflite",), failed, rejected).save(tmp_path)
    saved = json.loads((tmp_path / "report.json").read_text())
    assert saved["selected"] == {"0": "task_00.tflite"}
    assert saved["rejected"][0]["replaced_by"] == "mixed"
    assert saved["failed"] == [{"file": "task_01.tflite", "reasons": ["bad"]}]
    assert "preprocessing" not in saved["files"][0]


def test_table_fits_80_columns(tmp_path):
    console = Console(width=80, record=True)
    console.print(report_table([_entry(tmp_path, "task_00", 0)]))
    text = console.export_text()
    for word in (
        " 0 ",
        "dynamic_int8",
        "99.00",
        "98.00",
        "1e-02",
        "2000.0",
        "90.0",
        "900.0",
        "5.0",
    ):
        assert word in text
    assert "…" not in text


def test_markdown_has_means_and_the_baseline(tmp_path):
    files = (_entry(tmp_path, "task_00", 0), _entry(tmp_path, "task_01", 1))
    report = ExportReport(files, baseline=DENSE).to_json()
    lines = summary_table(report).split("\n")
    assert len({line.count("|") for line in lines}) == 1
    (row,) = [line for line in lines if line.startswith("| dynamic_int8")]
    for cell in ("2", "2000.0", "900.0", "22.50", "11.0", "99.00", "98.00"):
        assert f" {cell} |" in row
    assert "| **smallest** (dynamic_int8 2) |" in lines[-2]
    assert "| dense float32 |" in lines[-1] and " 75.00 |" in lines[-1]


def test_a_picture_is_drawn(tmp_path):
    path = plot_sizes([_entry(tmp_path, "task_00", 0)], DENSE, tmp_path)
    assert path.name == "size_accuracy.png"
    assert path.read_bytes()[:4] == b"\x89PNG"


def test_a_recipe_that_was_replaced_is_no_failure(tmp_path):
    entry = _entry(tmp_path, "task_00", 0)
    rejected = (Rejection(0, "int4", ("worse",), "mixed"),)
    report = ExportReport((entry,), ("task_00.tflite",), (), rejected)
    assert report.passed and report.to_json()["passed"] is True
    failed = (FailedFile("task_01.tflite", ("bad",)),)
    assert not ExportReport((entry,), (), failed).passed


def test_files_are_in_the_order_of_their_tasks(tmp_path):
    names = ["task_02", "task_10.int4", "task_100", "task_02.dynamic_int8", "task_01"]
    for name in names:
        _entry(tmp_path, name, int(name[5:].split(".")[0]))
    wanted = ["task_01", "task_02", "task_02.dynamic_int8", "task_10.int4", "task_100"]
    found = [
        entry["file"].removesuffix(".tflite") for entry in read_good_files(tmp_path)
    ]
    assert found == wanted


def test_what_is_not_judged_by_accuracy_is_shown_by_its_name(tmp_path):
    entry = _entry(tmp_path, "task_00", 0)
    output = {
        "output": "level",
        "metric": "r2_score",
        "keras": 0.75,
        "tflite": 0.7441,
        "agreement": None,
        "max_difference": 0.25,
    }
    silent = {**output, "metric": "", "keras": None, "tflite": None}
    entry["verification"] = {"outputs": [silent, output]}
    header, _, row, *_ = summary_table(ExportReport((entry,)).to_json()).split("\n")
    assert "| r2_score Keras | r2_score file |" in header
    for cell in ("0.75", "0.7441", "0.25"):
        assert f" {cell} |" in row
    console = Console(width=120, record=True)
    console.print(report_table([entry]))
    text = console.export_text()
    assert "r2_score" in text and "0.7441" in text and "Keras%" not in text
    # Beside a file of another kind, each says what its figure is.
    other = _entry(tmp_path, "task_01", 1) | {"quantization": "int8"}
    assert "r2_score 0.7441" in summary_table(ExportReport((entry, other)).to_json())
    console.print(report_table([entry, other]))
    assert "r2_score 0.7441" in console.export_text()


def test_the_report_of_a_folder_of_files_is_found(tmp_path):
    ExportReport((_entry(tmp_path, "task_00", 0),)).save(tmp_path)
    assert read_report(tmp_path)["selected"] == {"0": "task_00.tflite"}
