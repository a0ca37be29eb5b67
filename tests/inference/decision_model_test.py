"""A whole prediction as one plain Keras model."""

import keras
import numpy as np
import pytest

from hypermask_tf import inference

pytestmark = pytest.mark.backend


def _operations(model):
    for operation in model.operations:
        yield operation
        if isinstance(operation, keras.Model):
            yield from _operations(operation)


@pytest.mark.parametrize("name", ["entropy", "fecam_tukey", "density"])
def test_it_says_what_predict_says(methods, x, name, tmp_path):
    model = inference.decision_model(methods[name])
    kinds = {type(operation).__module__ for operation in _operations(model)}
    assert all(kind.startswith("keras.") for kind in kinds)
    model.save(tmp_path / "router.keras")
    model = keras.models.load_model(tmp_path / "router.keras", safe_mode=True)
    task, label, confidence, evidence = np.asarray(model(x)).T
    said = methods[name].predict(x)
    np.testing.assert_array_equal(task, said.task)
    np.testing.assert_array_equal(label, said.label)
    np.testing.assert_allclose(confidence, said.confidence, atol=1e-4)
    limits = methods[name].thresholds(0.9)
    least = {
        key: np.array([limits[t][key] for t in said.task])
        for key in ("confidence", "evidence")
    }
    kept = (confidence >= least["confidence"]) & (evidence >= least["evidence"])
    assert np.mean(kept == methods[name].accepts(said, 0.9)) > 0.9
