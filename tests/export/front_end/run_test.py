"""A run of sounds through its life: export, export of more, failures, verification."""

import dataclasses
import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from absl import flags

from hypermask_tf.cli import check_micro, verify
from hypermask_tf.export import convert_worker, task_maker
from hypermask_tf.export.bundling.sources import read_sources
from hypermask_tf.export.convert import Conversion
from hypermask_tf.export.export_options import ExportOptions
from hypermask_tf.export.exporter import export_run
from hypermask_tf.export.front_end import front_end, log_mel_graph
from hypermask_tf.export.interpreter import run_tflite
from hypermask_tf.export.micro.run import MicroRun
from hypermask_tf.export.variant import VariantOptions
from hypermask_tf.export.write.metadata import read_description
from hypermask_tf.scenarios import from_folder
from tests.export.conftest import FakeRun
from tests.scenarios.own.makers import sound_folder

OPTIONS = ExportOptions(
    variant=VariantOptions(max_accuracy_drop=1.0), latency=False, workers=1
)
WINDOW, NAME = 400, "log_mel.tflite"


class SoundRun(FakeRun):
    """Two tasks of tones, whose networks have learned nothing."""

    def __init__(self, path, scenario):
        model = keras.Sequential(
            [
                keras.Input(scenario.input_shape),
                keras.layers.GlobalAveragePooling1D(),
                keras.layers.Dense(2),
            ]
        )
        super().__init__(path, [model, model])
        self.scenario = scenario

    def load_scenario(self, data_dir=None):
        return self.scenario

    def json(self, name):
        return json.loads((self.export_dir / name).read_text())

    def problems(self):
        report = self.json("report.json")
        found = verify.check_report(self.export_dir, report, self.scenario, 0.0)
        return {result.file: result.problem for result in found}


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sounds")
    return from_folder(sound_folder(folder, rate=4000, seconds=0.1), window=WINDOW)


@pytest.fixture
def run(tmp_path, scenario):
    keras.utils.set_random_seed(0)
    return SoundRun(tmp_path / "run", scenario)


@pytest.fixture(scope="module")
def known():
    """What was converted, by name of the model."""
    return {}


@pytest.fixture(autouse=True)
def conversions(monkeypatch, known):
    """Converts each model once, in this process; lists what was converted."""
    asked = []

    def convert_files(jobs):
        for job in jobs:
            asked.append(job.tflite_path.name)
            key = (job.model_path.name, log_mel_graph.FLOOR)
            if key not in known:
                known[key] = convert_worker._convert(
                    str(job.model_path), list(job.input_shape)
                )
            content, error = known[key]
            job.tflite_path.write_bytes(content)
            yield Conversion(job, error)

    monkeypatch.setattr(task_maker, "convert_files", convert_files)
    monkeypatch.setattr(front_end, "convert_files", convert_files)
    return asked


def test_one_file_makes_of_waves_what_all_files_take(run):
    report = export_run(run, dataclasses.replace(OPTIONS, latency=True))
    assert report.passed and report.front_end["file"] == NAME
    beside, path = run.json("log_mel.json"), run.export_dir / NAME
    assert beside["sample_rate"] == 4000 and beside["latency"]["median_us"] > 0
    assert beside["input"] == {"name": "wave", "shape": [1, 400], "dtype": "float32"}
    assert beside["output"]["shape"] == run.json("task_00.json")["input"]["shape"]
    assert beside["verification"]["passed"]
    sizes = [task.sizes["test"] for task in run.scenario]
    assert beside["verification"]["examples"] == sum(sizes) == 4
    assert run.json("report.json")["front_end"]["sha256"] == beside["sha256"]
    for task in run.scenario:
        x, y = task.test
        features = run_tflite(path, task.raw("test")[..., 0])
        np.testing.assert_allclose(features, x, atol=1e-2)
        stem = f"task_{task.index:02d}"
        assert run.json(f"{stem}.json")["preprocessing"]["front_end"] == NAME
        described = read_description((run.export_dir / f"{stem}.tflite").read_bytes())
        assert described["preprocessing"]["front_end"] == NAME
        said = run_tflite(run.export_dir / f"{stem}.tflite", features).argmax(-1)
        figures = run.json(f"{stem}.json")["verification"]
        assert figures["tflite_accuracy_from_waves"] == np.mean(said == y)
    # A bundle has it too, whichever files of the tasks are chosen.
    for smallest in (False, True):
        packed = read_sources([run.export_dir], smallest=smallest)
        assert [source.file for source in packed][-1] == NAME


def test_later_tasks_use_the_file_that_is_there(run, conversions):
    export_run(run, dataclasses.replace(OPTIONS, tasks=(0,)))
    first = (run.export_dir / NAME).read_bytes()
    export_run(run, dataclasses.replace(OPTIONS, tasks=(1,)))
    assert conversions.count(NAME) == 1
    assert (run.export_dir / NAME).read_bytes() == first
    assert run.json("log_mel.json")["verification"]["examples"] == 2
    # A damaged one is made anew, and so is each with `overwrite`.
    (run.export_dir / NAME).write_bytes(first + b"x")
    export_run(run, dataclasses.replace(OPTIONS, quantizations=("float16",)))
    assert (run.export_dir / NAME).read_bytes() == first
    export_run(run, dataclasses.replace(OPTIONS, overwrite=True))
    assert conversions.count(NAME) == 3 and not any(run.problems().values())


def _another_floor(monkeypatch):
    monkeypatch.setattr(log_mel_graph, "FLOOR", 1e-3)


def _no_conversion(monkeypatch):
    def refuse(jobs):
        yield Conversion(jobs[0], "no such op")

    monkeypatch.setattr(front_end, "convert_files", refuse)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(_another_floor, "logarithms of energies differ"), (_no_conversion, "no such op")],
)
def test_a_file_that_is_not_good_gets_no_name(run, monkeypatch, fault, reason):
    fault(monkeypatch)
    report = export_run(run, OPTIONS)
    assert not report.passed and report.front_end is None
    (failed,) = report.failed
    assert failed.file == NAME and reason in str(failed)
    names = {path.name for path in run.export_dir.iterdir()}
    assert "task_00.tflite" in names and not any("log_mel" in name for name in names)
    entry = run.json("task_00.json")
    assert "front_end" not in entry["preprocessing"]
    assert "tflite_accuracy_from_waves" not in entry["verification"]


def test_verification_runs_files_from_the_waves(run, monkeypatch):
    export_run(run, OPTIONS)
    good = dict.fromkeys([NAME, "task_00.tflite", "task_01.tflite"], "")
    assert run.problems() == good
    # Another sound than the one that was learned: features are not those of the task.
    task = run.scenario.tasks[1]
    with monkeypatch.context() as patch:
        patch.setattr(task, "raw", lambda split: np.zeros((2, WINDOW, 1), "float32"))
        assert "differ" in run.problems()[NAME]
    content = (run.export_dir / NAME).read_bytes()
    (run.export_dir / NAME).write_bytes(content[:-1] + b"\xff")
    assert "not those that were verified" in run.problems()[NAME]
    (run.export_dir / NAME).unlink()
    assert run.problems() == good | {NAME: "it is missing"}


def test_accuracy_from_the_waves_is_held_against_what_was_recorded(run):
    export_run(run, OPTIONS)
    path = run.export_dir / "report.json"
    report = run.json("report.json")
    report["files"][1]["verification"]["tflite_accuracy_from_waves"] += 0.25
    path.write_text(json.dumps(report))
    assert "accuracy fell" in run.problems()["task_01.tflite"]
    # What is run are the features given, not those of the scenario.
    (entry,) = (e for e in report["files"] if e["task"]["index"] == 0)
    x, y = run.scenario.tasks[0].test
    again = {0: np.full_like(x, 1e3)}
    (found,) = verify.check_files(run.export_dir, [entry], run.scenario, 1.0, again)
    said = run_tflite(run.export_dir / "task_00.tflite", again[0]).argmax(-1)
    assert found.found == np.mean(said == y)


@pytest.mark.parametrize(
    ("difference", "failures"), [(0.0, []), (1.0, ["log_mel.tflite: logarithms"])]
)
def test_micro_is_held_against_litert(run, monkeypatch, difference, failures):
    export_run(run, OPTIONS)
    seen = []

    def run_micro(content, x):
        seen.append(len(x))
        return MicroRun(run_tflite(content, x) + difference, 12_300)

    monkeypatch.setattr(check_micro, "run_micro", run_micro)
    monkeypatch.setattr(flags, "FLAGS", SimpleNamespace(examples=3))
    known = (run.json("log_mel.json"), run.json("report.json")["files"])
    cells, found = check_micro._front_end(run, run.scenario, *known)
    assert cells[0] == NAME and cells[2] == "12.3" and seen == [3]
    assert [text[:26] for text in found] == failures


def test_what_micro_refuses_is_told(run, monkeypatch):
    export_run(run, OPTIONS)

    def run_micro(content, x):
        raise ValueError("no kernel")

    monkeypatch.setattr(check_micro, "run_micro", run_micro)
    monkeypatch.setattr(flags, "FLAGS", SimpleNamespace(examples=0))
    known = (run.json("log_mel.json"), run.json("report.json")["files"])
    cells, found = check_micro._front_end(run, run.scenario, *known)
    assert cells[0] == NAME and found == ["log_mel.tflite: no kernel"]
