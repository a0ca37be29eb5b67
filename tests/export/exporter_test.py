import dataclasses
import hashlib
import json
import shutil
import zipfile

import numpy as np
import pytest

from hypermask_tf.export import convert_worker, task_maker
from hypermask_tf.export.convert import Conversion
from hypermask_tf.export.export_options import ExportOptions
from hypermask_tf.export.exporter import export_run
from hypermask_tf.export.variant import VariantOptions
from hypermask_tf.export.write.metadata import read_description

BOTH = ("float32", "dynamic_int8")


def _names(run):
    return sorted(path.name for path in run.export_dir.iterdir())


def _weights_to_nan(model):
    for variable in model.trainable_variables:
        variable.assign(np.full(variable.shape, np.nan))


@pytest.fixture
def options():
    """What most tests ask for: quick, in this process, lenient."""
    return ExportOptions(
        quantizations=BOTH,
        variant=VariantOptions(max_accuracy_drop=0.1),
        latency=False,
        workers=1,
    )


def test_export_overwrite_and_failure(fake_run, options):
    """One run through its life: export, refusal, stale files, failure."""
    steps = []
    whole = dataclasses.replace(options, data_dir="d", latency=True, baseline=True)
    report = export_run(fake_run, whole, lambda *step: steps.append(step))
    assert report.passed and fake_run.data_dir == "d"
    assert len(report.files) == len(report.written) == 4
    assert steps[-1][1:] == (6, 6)
    stems = [f"task_{i:02d}{kind}" for i in (0, 1) for kind in ("", ".dynamic_int8")]
    expected = [stem + end for stem in stems for end in (".json", ".tflite")]
    assert _names(fake_run) == sorted([*expected, "report.json"])
    _check_sidecar(fake_run)
    _check_report(fake_run)

    with pytest.raises(FileExistsError, match="Pass --overwrite"):
        export_run(fake_run, dataclasses.replace(options, tasks=(1,)))

    _weights_to_nan(fake_run.models[1])
    options = dataclasses.replace(options, tasks=(1,), overwrite=True)
    report = export_run(fake_run, options)
    assert not report.passed and report.written == ()
    assert [failure.file for failure in report.failed] == [
        "task_01.dynamic_int8.tflite",
        "task_01.tflite",
    ]
    assert "not finite" in str(report.failed[1])
    assert _names(fake_run) == sorted([*expected[:4], "report.json"])
    saved = json.loads((fake_run.export_dir / "report.json").read_text())
    assert saved["passed"] is False and len(saved["failed"]) == 2
    assert [entry["task"]["index"] for entry in saved["files"]] == [0, 0]


def _check_sidecar(run):
    sidecar = json.loads((run.export_dir / "task_01.json").read_text())
    content = (run.export_dir / "task_01.tflite").read_bytes()
    assert sidecar["sha256"] == hashlib.sha256(content).hexdigest()
    assert sidecar["bytes"] == len(content) > sidecar["gzip_bytes"]
    assert sidecar["bytes"] > sidecar["zstd_bytes"] > 0
    assert sidecar["task"] == {"index": 1, "name": "task_01"}
    assert sidecar["labels"][1] == {"index": 1, "class": 7, "name": "seven"}
    assert sidecar["preprocessing"] == {"scale": 0.5, "permutation": [0, 1, 2]}
    assert sidecar["input"] == {
        "name": "image",
        "shape": [1, 8, 8, 1],
        "dtype": "float32",
    }
    assert sidecar["output"]["shape"] == [1, 3]
    assert sidecar["source"]["benchmark"] == "fake" and sidecar["source"]["seed"] == 7
    assert sidecar["verification"]["examples"] == 50
    assert sidecar["verification"]["tflite_accuracy"] == 1.0
    assert sidecar["gate"]["split"] == "validation" and sidecar["gate"]["passed"]
    assert sidecar["keras_weights"] == sidecar["file_weights"]
    assert sidecar["keras_weights"]["zeros"] > 0.5 * sidecar["bytes"] / 4
    weights = sidecar["keras_weights"]["parameters"]
    assert 0 < sidecar["macs"] < weights <= 64 * 64 + 64 + 64 * 3 + 3
    assert sidecar["kernels"]["summary"] == "XNNPACK"
    assert sidecar["latency"]["median_us"] > 0
    assert sidecar["latency"]["baseline_median_us"] > 0
    described = read_description(content)
    for key in ("task", "labels", "source"):
        assert described[key] == sidecar[key]
    assert described["version"] == sidecar["model_version"]


def _check_report(run):
    report = json.loads((run.export_dir / "report.json").read_text())
    assert report["selected"].keys() == {"0", "1"}
    assert report["baseline"]["parameters"] == 64 * 64 + 64 + 64 * 3 + 3
    assert report["baseline"]["latency"]["median_us"] > 0
    assert report["rejected"] == report["drift"] == []


@pytest.fixture(scope="module")
def known():
    """What was converted in this process, by what is in the model's file."""
    return {}


@pytest.fixture
def in_this_process(monkeypatch, known):
    """Converts each model once, without a child process, which takes seconds."""

    def convert(job):
        with zipfile.ZipFile(job.model_path) as model:
            parts = (model.read("config.json"), model.read("model.weights.h5"))
        if parts not in known:
            known[parts] = convert_worker._convert(
                str(job.model_path), list(job.input_shape)
            )
        return known[parts]

    def convert_files(jobs):
        for job in jobs:
            content, error = convert(job)
            job.tflite_path.write_bytes(content)
            yield Conversion(job, error)

    monkeypatch.setattr(task_maker, "convert_files", convert_files)


@pytest.mark.usefixtures("in_this_process")
def test_a_budget_keeps_one_file_a_task(fake_run, options):
    export_run(fake_run, options)
    sizes = {p.name: p.stat().st_size for p in fake_run.export_dir.glob("*.tflite")}
    budget = max(sizes[f"task_0{i}.dynamic_int8.tflite"] for i in (0, 1))
    assert budget < min(sizes[f"task_0{i}.tflite"] for i in (0, 1))
    chosen = dataclasses.replace(options, budget_bytes=budget, overwrite=True)
    report = export_run(fake_run, chosen)
    assert report.written == tuple(f"task_0{i}.dynamic_int8.tflite" for i in (0, 1))
    assert len(list(fake_run.export_dir.glob("*.tflite"))) == 2
    report = export_run(fake_run, dataclasses.replace(chosen, budget_bytes=10))
    assert not report.passed
    for task, failure in enumerate(report.failed):
        least = sizes[f"task_0{task}.dynamic_int8.tflite"] / 1000
        assert f"the smallest takes {least:.1f} kB" in str(failure)


@pytest.mark.usefixtures("in_this_process")
def test_drift_and_processes_side_by_side(fake_run, options, tmp_path):
    """What did not move is the same to the last byte, made by whichever process."""
    first = dataclasses.replace(options, workers=2)
    assert export_run(fake_run, first).passed
    older = tmp_path / "older"
    shutil.copytree(fake_run.export_dir, older)
    model = fake_run.models[1]
    model.layers[-1].bias.assign(model.layers[-1].bias + 3.0)
    again = dataclasses.replace(options, overwrite=True, drift_against=str(older))
    report = export_run(fake_run, again)
    assert [entry.same_file for entry in report.drift] == [True, True, False, False]
    assert report.drift[2].max_logit_difference == pytest.approx(3.0, abs=0.1)
    saved = json.loads((fake_run.export_dir / "report.json").read_text())
    assert len(saved["drift"]) == 4

    earlier = dataclasses.replace(again, drift_against=f"{fake_run.path}@0")
    report = export_run(fake_run, earlier)
    assert [entry.file for entry in report.drift] == [
        "task_00.dynamic_int8.tflite",
        "task_00.tflite",
    ]
    assert all(entry.same_file for entry in report.drift)
    with pytest.raises(FileNotFoundError, match="none whose bytes"):
        nowhere = dataclasses.replace(again, drift_against=str(tmp_path / "no"))
        export_run(fake_run, nowhere)


@pytest.mark.usefixtures("in_this_process")
def test_units_that_are_off_are_not_in_the_file(fake_run, options):
    hidden, head = (layer for layer in fake_run.models[0].layers if layer.weights)
    on = np.arange(hidden.units) < 4
    hidden.set_weights([weight * on for weight in hidden.get_weights()])
    kernel, bias = head.get_weights()
    head.set_weights([kernel * on[:, None], bias])
    sizes = {}
    for compact in (True, False):
        options = dataclasses.replace(
            options, tasks=(0,), quantizations=("float32",), overwrite=True
        )
        chosen = dataclasses.replace(
            options, compact=compact, variant=VariantOptions(sparse=False)
        )
        assert export_run(fake_run, chosen).passed
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
