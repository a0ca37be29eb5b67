"""Learners that an earlier version saved: they load, say the same, and go on."""

from typing import NamedTuple

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from tests.golden import golden_keras_file as files

pytestmark = pytest.mark.filterwarnings("ignore:The network is full")
# Processors and backends round otherwise. Logits are up to 20, whose float32 neighbours
# lie 2e-6 apart; JAX was found to differ from TensorFlow by up to 4e-6.
_OUTPUTS = {"rtol": 1e-5, "atol": 1e-5}
# Four steps of an optimizer carry that on: JAX was found to differ by 1e-6 of a loss or
# by 1e-9, whichever is more, and by 1e-5 in logits.
_STEPS = {"rtol": 1e-4, "atol": 1e-7}
_STEPPED_OUTPUTS = {"rtol": 1e-4, "atol": 1e-4}
# What each draws in a step depends on the backend.
_DRAWING = ("made_outliers", "sampled_tasks")
_NAMES = (
    "soft_used",
    "hard_per_task_head",
    "paper",
    "mask_bank",
    "chunked_weights",
    "sampled_tasks",
    "made_outliers",
    "grown_and_extended",
    "binary_convnet",
)


class Golden(NamedTuple):
    """A learner as its file has it, to be asked and not to be trained."""

    name: str
    model: hm.HyperMask
    then: dict[str, np.ndarray]


@pytest.fixture(scope="module", params=_NAMES)
def golden(request):
    return Golden(
        request.param, files.load(request.param), files.recorded(request.param)
    )


@pytest.mark.backend
def test_it_predicts_as_then(golden):
    found = files.predictions(golden.model, golden.then["x"])
    np.testing.assert_allclose(found, golden.then["outputs"], **_OUTPUTS)


@pytest.mark.backend
def test_its_masks_are_those(golden):
    np.testing.assert_array_equal(files.units_on(golden.model), golden.then["units_on"])


def test_it_is_baked_as_then(golden):
    found = files.baked_outputs(golden.model, golden.then["x"])
    np.testing.assert_allclose(found, golden.then["baked_outputs"], **_OUTPUTS)


def test_it_can_be_extended(golden):
    model, then = golden.model, golden.then
    longer = files.quick(model.extend(model.num_tasks + 2))
    np.testing.assert_array_equal(files.units_on(longer), then["units_on"])
    found = files.baked_outputs(longer, then["x"])
    np.testing.assert_allclose(found, then["baked_outputs"], **_OUTPUTS)
    found = longer.predict(then["x"], task=0, verbose=0)
    np.testing.assert_allclose(found, then["outputs"][0], **_OUTPUTS)


@pytest.mark.backend
@pytest.mark.parametrize("name", _NAMES)
def test_it_goes_on_as_then(name):
    if name in _DRAWING and keras.backend.backend() != "tensorflow":
        pytest.skip("draws other numbers than TensorFlow did")
    then = files.recorded(name)
    found = files.go_on(files.load(name), files.data_of(then))
    assert found.keys() == {key for key in then if key.startswith("after_")}
    outputs = found.pop("after_outputs")
    for term, values in found.items():
        np.testing.assert_allclose(values, then[term], err_msg=term, **_STEPS)
    np.testing.assert_allclose(outputs, then["after_outputs"], **_STEPPED_OUTPUTS)


def test_a_choice_that_is_gone_is_refused_by_name():
    with pytest.raises(ValueError, match=r"choice that is gone[\s\S]*block4"):
        files.load("retired_block4")
