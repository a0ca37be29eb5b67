import json

import numpy as np
import pytest

from hypermask_tf.export.sidecar import package_versions, stem, write_json


def test_stem_names_every_quantization_but_float32():
    assert stem(0, "float32") == "task_00"
    assert stem(123, "dynamic_int8") == "task_123.dynamic_int8"


def test_json_takes_numpy_values(tmp_path):
    write_json(tmp_path / "a.json", {"x": np.float32(0.5), "y": np.arange(2)})
    assert json.loads((tmp_path / "a.json").read_text()) == {"x": 0.5, "y": [0, 1]}


@pytest.mark.parametrize("bad", [float("nan"), {1, 2}])
def test_what_json_cannot_say_leaves_the_old_file(tmp_path, bad):
    path = tmp_path / "a.json"
    write_json(path, {"x": 1})
    with pytest.raises((ValueError, TypeError)):
        write_json(path, {"x": bad})
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
    assert json.loads(path.read_text()) == {"x": 1}


def test_versions_name_what_the_file_depends_on():
    assert {"python", "keras", "ai-edge-litert"} <= package_versions().keys()


def test_a_write_that_fails_leaves_no_half_file(tmp_path, monkeypatch):
    def full(old, new):
        raise OSError("no space left on device")

    monkeypatch.setattr("hypermask_tf.export.sidecar.os.replace", full)
    with pytest.raises(OSError, match="no space left"):
        write_json(tmp_path / "a.json", {"x": 1})
    assert list(tmp_path.iterdir()) == []
