import hashlib
import json

import numpy as np
import pytest

from export.exporter import ExportOptions, export_run

BOTH = ("float32", "dynamic_int8")


def _names(run):
    return sorted(path.name for path in run.export_dir.iterdir())


def _weights_to_nan(model):
    for variable in model.trainable_variables:
        variable.assign(np.full(variable.shape, np.nan))


def test_export_overwrite_and_failure(fake_run):
    """One run through its life: export, refusal, stale files, failure."""
    steps = []
    options = ExportOptions(quantizations=BOTH, max_accuracy_drop=0.1, data_dir="d")
    report = export_run(fake_run, options, lambda *step: steps.append(step))
    assert report.passed and fake_run.data_dir == "d"
    assert len(report.files) == len(report.written) == 4
    assert steps[-1][1:] == (6, 6)
    stems = [f"task_{i:02d}{kind}" for i in (0, 1) for kind in ("", ".dynamic_int8")]
    expected = [stem + end for stem in stems for end in (".json", ".tflite")]
    assert _names(fake_run) == sorted([*expected, "report.json"])
    _check_sidecar(fake_run)

    with pytest.raises(FileExistsError, match="Pass --overwrite"):
        export_run(fake_run, ExportOptions(tasks=(1,)))

    _weights_to_nan(fake_run.models[1])
    options = ExportOptions((1,), BOTH, overwrite=True, max_accuracy_drop=1.0)
    report = export_run(fake_run, options)
    assert not report.passed and report.written == ()
    assert [failure.file for failure in report.failed] == [
        "task_01.tflite",
        "task_01.dynamic_int8.tflite",
    ]
    assert "not finite" in str(report.failed[0])
    assert _names(fake_run) == sorted([*expected[:4], "report.json"])
    saved = json.loads((fake_run.export_dir / "report.json").read_text())
    assert saved["passed"] is False and len(saved["failed"]) == 2
    assert [entry["task"]["index"] for entry in saved["files"]] == [0, 0]


def _check_sidecar(run):
    sidecar = json.loads((run.export_dir / "task_01.json").read_text())
    content = (run.export_dir / "task_01.tflite").read_bytes()
    assert sidecar["sha256"] == hashlib.sha256(content).hexdigest()
    assert sidecar["bytes"] == len(content) > sidecar["gzip_bytes"]
    assert sidecar["task"] == {"index": 1, "name": "task_01"}
    assert sidecar["labels"][1] == {"index": 1, "class": 7, "name": "seven"}
    assert sidecar["preprocessing"] == {"scale": 0.5, "permutation": [0, 1, 2]}
    assert sidecar["input"] == {
        "name": "image",
        "shape": [1, 8, 8, 1],
        "dtype": "float32",
    }
    assert sidecar["output"]["shape"] == [1, 3]
    assert sidecar["source"] == {"benchmark": "fake", "seed": 7}
    assert sidecar["verification"]["examples"] == 50
    assert sidecar["verification"]["tflite_accuracy"] == 1.0
    assert sidecar["keras_weights"] == sidecar["file_weights"]
    assert sidecar["keras_weights"]["zeros"] > 0.5 * sidecar["bytes"] / 4


def test_units_that_are_off_are_not_in_the_file(fake_run):
    hidden, head = (layer for layer in fake_run.models[0].layers if layer.weights)
    on = np.arange(hidden.units) < 4
    hidden.set_weights([weight * on for weight in hidden.get_weights()])
    kernel, bias = head.get_weights()
    head.set_weights([kernel * on[:, None], bias])
    sizes = {}
    for compact in (True, False):
        options = ExportOptions(
            (0,), overwrite=True, max_accuracy_drop=1.0, compact=compact
        )
        assert export_run(fake_run, options).passed
        sizes[compact] = (fake_run.export_dir / "task_00.tflite").stat().st_size
    removed = 4 * (hidden.units - 4) * (64 + 1 + 3)
    assert sizes[False] - sizes[True] == pytest.approx(removed, rel=0.05)


def test_a_run_of_single_networks_is_refused(fake_run):
    manifest = fake_run.manifest()
    fake_run.manifest = lambda: {**manifest, "baseline": "alone"}
    with pytest.raises(ValueError, match="--baseline=alone"):
        export_run(fake_run)


@pytest.mark.parametrize("tasks", [(0, 2), (-1,), ()])
def test_unknown_tasks_are_refused(fake_run, tasks):
    with pytest.raises(ValueError, match="numbers of learned tasks, 0 to 1"):
        export_run(fake_run, ExportOptions(tasks=tasks))


def test_a_run_without_tasks_is_refused(fake_run):
    fake_run.models = []
    with pytest.raises(ValueError, match="Train it first"):
        export_run(fake_run)
