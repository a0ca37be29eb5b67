"""One file that says task, class and confidence."""

import json

import keras
import numpy as np
import pytest

from export import router
from hypermask_tf import inference
from tests.hypermask import builders

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="export needs TensorFlow"
)


@pytest.fixture(scope="module")
def fitted():
    model = builders.learner()
    for task in range(2):
        model.begin_task(task)
    method = inference.get("density", inference.TaskNetworks(model))
    for task in range(2):
        method.fit(task, *builders.data(task, 96))
    return method


@pytest.fixture(scope="module")
def tests():
    parts = [builders.data(task, 150) for task in range(2)]
    truth = [np.stack([np.full(150, t), y], axis=1) for t, (_, y) in enumerate(parts)]
    return router.TestSet(np.concatenate([x for x, _ in parts]), np.concatenate(truth))


def test_a_file_says_what_keras_says(fitted, tests, tmp_path):
    described = router.export_router(
        inference.decision_model(fitted), {"a": 1}, tests, "float32", tmp_path, "router"
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "router.json",
        "router.tflite",
    ]
    read = json.loads((tmp_path / "router.json").read_text())
    assert read["a"] == 1
    assert read["verification"]["failures"] == []
    assert read["verification"]["agreement"] > 0.99
    assert read["bytes"] == (tmp_path / "router.tflite").stat().st_size
    assert read["ops"] == described["ops"]
    out = router.run_tflite(tmp_path / "router.tflite", tests.x)
    said = fitted.predict(tests.x)
    assert np.mean((out[:, 0] == said.task) & (out[:, 1] == said.label)) > 0.99


def test_a_file_that_is_worse_than_keras_is_not_written(
    fitted, tests, tmp_path, monkeypatch
):
    wrong = np.tile([9.0, 9.0, 0.5, 0.0], (len(tests.x), 1)).astype("float32")
    monkeypatch.setattr(router, "run_tflite", lambda *_: wrong)
    with pytest.raises(RuntimeError, match="below Keras"):
        router.export_router(
            inference.decision_model(fitted), {}, tests, "float32", tmp_path, "router"
        )
    assert not list(tmp_path.iterdir())


def _said(*rows):
    return np.array(rows, "float32")


def test_what_is_compared():
    keras_out = _said([0, 1, 0.9, 0], [1, 0, 0.8, 0])
    truth = np.array([[0, 1], [1, 0]])
    good = router.compare(keras_out, keras_out, truth)
    assert (good.agreement, good.keras_accuracy, good.failures) == (1.0, 1.0, ())
    other = _said([0, 1, 0.9, 0], [1, 1, 0.8, 0])
    assert len(router.compare(keras_out, other, truth).failures) == 2
    less_sure = _said([0, 1, 0.9, 0], [1, 0, 0.7, 0])
    assert "confidences" in router.compare(keras_out, less_sure, truth).failures[0]
    assert not router.compare(keras_out, less_sure, truth, exact=False).failures
    broken = _said([0, 1, 0.9, np.nan], [1, 0, 0.8, 0])
    assert "finite" in router.compare(keras_out, broken, truth).failures[0]
    with pytest.raises(ValueError, match="shape"):
        router.compare(keras_out, keras_out[:1], truth)
