import json

import pytest

from hypermask_tf.export.bake import BakedTask, count_weights
from hypermask_tf.export.publish import publish
from hypermask_tf.export.sidecar import Sidecar
from hypermask_tf.export.task_data import TaskData
from hypermask_tf.export.task_info import TaskInfo
from hypermask_tf.export.variant import VariantOptions, make_variant

INFO = TaskInfo(0, "task_00", ({"index": 0, "name": "a"},) * 3, (8, 8, 1), 3, {}, {})


@pytest.fixture
def sidecar(converted, tmp_path):
    case = converted["mlp"]
    labels = case.logits.argmax(-1)
    data = TaskData(case.x, (case.x, labels), "validation", (case.x, labels))
    keras = (case.logits, case.logits)
    variant = make_variant(
        case.files["float32"], "float32", INFO, data, keras, VariantOptions()
    )
    weights = count_weights(case.model)
    baked = BakedTask(INFO, tmp_path / "m.keras", weights, None, *keras)
    return Sidecar("task_00.tflite", baked, variant, "validation", ("float32",))


def test_a_file_is_published_with_its_json(sidecar, tmp_path):
    publish(sidecar, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "task_00.json",
        "task_00.tflite",
    ]
    described = json.loads((tmp_path / "task_00.json").read_text())
    assert described["verification"]["passed"] and described["latency"] is None
    assert (tmp_path / "task_00.tflite").read_bytes() == sidecar.variant.content


def test_what_cannot_be_written_leaves_no_half_file(sidecar, tmp_path, monkeypatch):
    def full(path, content):
        raise OSError("No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        publish(sidecar, tmp_path)
    assert list(tmp_path.iterdir()) == []
