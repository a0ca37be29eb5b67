import dataclasses
import json

import numpy as np
import pytest

from export.bake import BakedTask, count_weights
from export.convert import Conversion, ConversionJob
from export.publish import verify_and_publish
from export.sidecar import TaskInfo

INFO = TaskInfo(0, "task_00", ({"index": 0},) * 3, (8, 8, 1), 3, {}, {})


@pytest.fixture
def case(converted, tmp_path):
    source = converted["mlp"]
    work = tmp_path / "work"
    work.mkdir()
    job = ConversionJob(work / "m.keras", work / "task_00.tflite", "float32", (8, 8, 1))
    job.tflite_path.write_bytes(source.files["float32"])
    baked = BakedTask(INFO, job.model_path, count_weights(source.model), source.logits)
    test = (source.x, source.logits.argmax(-1))
    return Conversion(job), baked, test, tmp_path


def _published(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_a_good_file_is_published_with_its_json(case):
    assert verify_and_publish(*case, max_accuracy_drop=0.0) == ()
    assert _published(case[3]) == ["task_00.json", "task_00.tflite"]
    assert json.loads((case[3] / "task_00.json").read_text())["verification"]["passed"]


def test_a_conversion_error_publishes_nothing(case):
    conversion = dataclasses.replace(case[0], error="no")
    assert verify_and_publish(conversion, *case[1:], 0.0) == ("no",)
    assert _published(case[3]) == []


def test_a_file_with_wrong_weights_publishes_nothing(case, converted):
    path = case[0].job.tflite_path
    kernel = converted["mlp"].model.layers[-1].kernel.numpy().T.tobytes()
    content = path.read_bytes()
    assert content.count(kernel) == 1
    broken = np.full(len(kernel) // 4, np.nan, "<f4").tobytes()
    path.write_bytes(content.replace(kernel, broken))
    reasons = verify_and_publish(*case, max_accuracy_drop=1.0)
    assert "file outputs are not finite" in " ".join(reasons)
    assert _published(case[3]) == []


def test_a_file_that_is_not_a_model_publishes_nothing(case):
    case[0].job.tflite_path.write_bytes(b"0123TFL3" + bytes(64))
    (reason,) = verify_and_publish(*case, max_accuracy_drop=1.0)
    assert "LiteRT cannot run the file" in reason
    assert _published(case[3]) == []


def test_a_custom_op_publishes_nothing(case, monkeypatch):
    from export import publish

    real = publish.inspect_tflite
    monkeypatch.setattr(
        publish,
        "inspect_tflite",
        lambda content: dataclasses.replace(real(content), custom_ops=("FlexDet",)),
    )
    (reason,) = verify_and_publish(*case, max_accuracy_drop=1.0)
    assert "FlexDet" in reason
    assert _published(case[3]) == []
