"""One file that says task, class and confidence."""

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from hypermask_tf import inference
from hypermask_tf.export import router
from hypermask_tf.export.convert import Conversion
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


@pytest.fixture(scope="module")
def exported(fitted, tests, tmp_path_factory):
    folder = tmp_path_factory.mktemp("router")
    model = inference.decision_model(fitted)
    described = router.export_router(
        model, {"a": 1}, tests, "float32", folder, "router"
    )
    return folder, described


def test_the_truth_is_the_task_and_then_the_class():
    tasks = [
        SimpleNamespace(index=index, test=(np.full((2, 3), index), np.array(labels)))
        for index, labels in ((0, [2, 1]), (4, [0, 3]))
    ]
    tests = router.TestSet.of(tasks)
    assert tests.truth.tolist() == [[0, 2], [0, 1], [4, 0], [4, 3]]
    np.testing.assert_array_equal(tests.x[:, 0], [0, 0, 4, 4])


def test_a_file_says_what_keras_says(fitted, tests, exported):
    folder, described = exported
    assert sorted(p.name for p in folder.iterdir()) == [
        "router.json",
        "router.tflite",
    ]
    read = json.loads((folder / "router.json").read_text())
    assert read["a"] == 1
    assert read["verification"]["failures"] == []
    assert read["verification"]["agreement"] > 0.99
    assert read["bytes"] == (folder / "router.tflite").stat().st_size
    assert read["ops"] == described["ops"]
    out = router.run_tflite(folder / "router.tflite", tests.x)
    said = fitted.predict(tests.x)
    assert np.mean((out[:, 0] == said.task) & (out[:, 1] == said.label)) > 0.99


def test_a_file_that_is_worse_than_keras_is_not_written(
    fitted, tests, exported, tmp_path, monkeypatch
):
    content = (exported[0] / "router.tflite").read_bytes()

    def convert_files(jobs):
        for job in jobs:
            job.tflite_path.write_bytes(content)
            yield Conversion(job)

    monkeypatch.setattr(router, "convert_files", convert_files)
    wrong = np.tile([9.0, 9.0, 0.5, 0.0], (len(tests.x), 1)).astype("float32")
    monkeypatch.setattr(router, "run_tflite", lambda *_: wrong)
    with pytest.raises(RuntimeError, match="below Keras"):
        router.export_router(
            inference.decision_model(fitted), {}, tests, "float32", tmp_path, "router"
        )
    assert not list(tmp_path.iterdir())
