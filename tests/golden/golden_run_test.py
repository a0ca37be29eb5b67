"""A run folder of an earlier version: it loads, exports, and goes on."""

import pathlib
import shutil

import keras
import numpy as np
import pytest

from tests.cli.killed import train
from tests.commands import fresh

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="export needs TensorFlow"
)
_RUN = pathlib.Path(__file__).parents[1] / "data" / "golden_run" / "run"


@pytest.fixture
def run(tmp_path):
    from hypermask_tf.training import RunFolder

    return RunFolder.open(shutil.copytree(_RUN, tmp_path / "run"))


def test_it_loads_and_measures_as_then(run):
    from hypermask_tf.training import task_accuracy

    scenario, results = run.load_scenario(), run.results()
    for after in range(2):
        model = run.load_model(after)
        assert model.num_learned_tasks == after + 1
        assert model.optimizer.iterations == 40
        for task in range(after + 1):
            found = task_accuracy(model, task, *scenario[task].test)
            then = results["accuracy_matrix"][after][task]
            # One sample of about 90 may lie on the border for another TensorFlow.
            assert found == pytest.approx(then, abs=0.012)


def test_it_exports(run):
    from hypermask_tf.export.exporter import ExportOptions, export_run

    report = export_run(run, ExportOptions(tasks=(0,)))
    assert report.passed, report.failed
    assert report.written == ("task_00.tflite",)


def test_it_is_finished_and_can_be_extended(run, tmp_path):
    before = run.results()
    output = tmp_path / "output.txt"
    extended = ("--resume", "--extend_tasks=1", f"--run_dir={run.path}")
    assert train(*extended, output=output) == 0, output.read_text()
    after = run.results()
    assert [row[:2] for row in after["accuracy_matrix"][:2]] == (
        before["accuracy_matrix"]
    )
    assert after["accuracy_matrix"][2][2] > 0.5
    assert np.isfinite(after["train_seconds_per_task"]).all()
    assert run.load_model().num_learned_tasks == 3


def test_its_export_prints_no_start_up_notices(run):
    # Workers import TensorFlow too, each in a process of its own.
    done = fresh("export/export_tflite.py", f"--run_dir={run.path}", "--workers=2")
    assert done.returncode == 0 and done.stderr == "", done.stderr
