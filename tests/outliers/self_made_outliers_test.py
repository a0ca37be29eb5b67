"""What a network is asked to say where nothing is its own."""

import keras
import numpy as np
import pytest

import hypermask_tf as hm

pytestmark = pytest.mark.backend


def _softplus(x):
    return np.logaddexp(0, x)


def test_the_term_is_that_of_one_more_class_whose_logit_is_nought():
    random = np.random.default_rng(0)
    inside, outside = random.normal(size=(2, 50, 3)).astype("float32") * 4
    layer = hm.outliers.SelfMadeOutliers(weight=0.25)
    found = keras.ops.convert_to_numpy(layer.penalty(inside, outside))

    def none(logits):  # the chance of "none of mine"
        return 1 / (1 + np.exp(logits.astype("float64")).sum(axis=1))

    wanted = -np.log(1 - none(inside)).mean() - np.log(none(outside)).mean()
    assert found == pytest.approx(0.25 * wanted, rel=1e-4)


def test_half_precision_logits_are_taken_as_they_are():
    logits = keras.ops.cast(np.full((4, 2), 200.0), "bfloat16")
    layer = hm.outliers.SelfMadeOutliers(weight=1.0)
    found = layer.penalty(logits, logits)
    assert str(keras.backend.standardize_dtype(found.dtype)) == "float32"
    assert float(found) == pytest.approx(200 + np.log(2), abs=0.01)


def test_it_serialises():
    layer = hm.outliers.SelfMadeOutliers(0.75, strength=0.25, seed=4)
    config = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == layer.get_config()
    x = np.random.default_rng(0).normal(size=(3, 8, 8, 1)).astype("float32")
    np.testing.assert_array_equal(*(np.asarray(one(x)) for one in (layer, again)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"weight": -1.0}, "weight"), ({"strength": float("nan")}, "strength")],
)
def test_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=f"`{message}` must be finite"):
        hm.outliers.SelfMadeOutliers(**arguments)


def test_inputs_that_are_no_images():
    with pytest.raises(ValueError, match=r"images of known size.*\(3, 8\)"):
        hm.outliers.SelfMadeOutliers()(np.ones((3, 8), "float32"))


def test_outputs_that_are_no_logits():
    layer = hm.outliers.SelfMadeOutliers()
    with pytest.raises(ValueError, match=r"Received: a shape of \(3, 2, 2\)"):
        layer.penalty(np.ones((3, 2, 2)), np.ones((3, 2, 2)))
