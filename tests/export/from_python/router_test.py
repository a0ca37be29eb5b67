"""One file that finds the task itself, from Python."""

import json

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from hypermask_tf.export.interpreter import run_tflite
from tests.hypermask import builders

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="export needs TensorFlow"
)


@pytest.fixture(scope="module")
def fitted():
    model = builders.learner()
    # Learned, so that no answer hangs on rounding.
    for task, name in enumerate(("cups", "tins")):
        model.fit(*builders.data(task, 96), task=name, epochs=15, verbose=0)
    method = hm.inference.get("density", hm.inference.TaskNetworks(model))
    for task in range(2):
        method.fit(task, *builders.data(task, 96))
    return method


def held_out():
    return {name: builders.data(i, 60) for i, name in enumerate(("cups", "tins"))}


def test_it_decides_as_the_method_does(fitted, tmp_path):
    labels = {"cups": ["a", "b", "c"], 1: ["d", "e", "f"]}
    told = hm.export.export_router(
        fitted, tmp_path / "out", test=held_out(), labels=labels
    )
    x = builders.data(1, 60)[0]
    said = fitted.predict(x)
    out = run_tflite(tmp_path / "out" / "router.tflite", x)
    np.testing.assert_array_equal(out[:, 0], said.task)
    np.testing.assert_array_equal(out[:, 1], said.label)
    written = json.loads((tmp_path / "out" / "router.json").read_text())
    assert written == json.loads(json.dumps(told))
    assert [task["name"] for task in told["tasks"]] == ["cups", "tins"]
    assert [label["name"] for label in told["tasks"][1]["labels"]] == ["d", "e", "f"]
    before = (tmp_path / "out" / "router.tflite").read_bytes()
    with pytest.raises(FileExistsError, match="overwrite=True"):
        hm.export.export_router(fitted, tmp_path / "out", test=held_out())
    assert (tmp_path / "out" / "router.tflite").read_bytes() == before


def test_each_way_of_storing_weights_has_a_file_of_its_own(fitted, tmp_path):
    for quantization in ("float16", "dynamic_int8"):
        hm.export.export_router(
            fitted, tmp_path, test=held_out(), quantization=quantization
        )
        described = json.loads((tmp_path / f"router.{quantization}.json").read_text())
        assert described["file"] == f"router.{quantization}.tflite"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"test": {0: builders.data(0, 60)}}, r"every task, \[0, 1\] or"),
        ({"test": {**held_out(), "pans": builders.data(0, 60)}}, "pans"),
        ({"labels": {0: ["a", "b"], 1: ["a", "b", "c"]}}, "3 classes of task 0"),
        ({"labels": {0: ["a", "b", "c"]}}, "`labels` of every task"),
        ({"quantization": "int8"}, "dynamic_int8"),
    ],
)
def test_a_mistake_writes_nothing(fitted, tmp_path, changes, told):
    given = {"test": held_out(), **changes}
    with pytest.raises(ValueError, match=told):
        hm.export.export_router(fitted, tmp_path / "out", **given)
    assert not (tmp_path / "out").exists()
