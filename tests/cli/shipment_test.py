"""What is compared when a task was added."""

from types import SimpleNamespace

import pytest

from hypermask_tf.cli import command, shipment
from hypermask_tf.export.report import ExportReport


@pytest.fixture
def run(tmp_path):
    (tmp_path / "export").mkdir()
    for name in ("task_00.tflite", "task_00.json", "task_01.tflite"):
        (tmp_path / "export" / name).write_text("{}")
    return SimpleNamespace(
        path=tmp_path, export_dir=tmp_path / "export", load_scenario=lambda tasks: None
    )


@pytest.mark.parametrize(
    ("file", "status"),
    [
        ("task_00.tflite", command.FAILED),
        ("task_00.json", command.FAILED),
        ("task_01.tflite", 0),
    ],
)
def test_a_file_of_another_task_that_changed_is_told(
    run, monkeypatch, capsys, file, status
):
    def export_run(run, *args, **kwargs):
        (run.export_dir / file).write_text("other")
        return ExportReport(files=())

    monkeypatch.setattr(shipment, "export_run", export_run)
    monkeypatch.setattr(shipment, "changed_networks", lambda *args: [])
    monkeypatch.setattr(shipment, "plot_sizes", lambda *args: None)
    asked = {"max_accuracy_drop": 0.5, "latency": False, "bundle": None}
    made = shipment.Shipment(run, (1,), quantization=["int8"], **asked)
    assert made.make(None, lambda text: None) == status
    assert (file in capsys.readouterr().err) == bool(status)
