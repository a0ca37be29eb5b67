"""Entropy, largest probability and energy, against NumPy."""

import numpy as np
import pytest
from keras import ops

from hypermask_tf import inference
from hypermask_tf.inference import TaskOutputs

pytestmark = pytest.mark.backend
LOGITS = np.random.default_rng(0).normal(size=(20, 3, 4)).astype("float32") * 3


def _evidence(name, networks, logits):
    outputs = TaskOutputs(logits, (), logits[:, 0])
    method = inference.get(name, networks)
    return ops.convert_to_numpy(method.evidence_of(outputs))


def _softmax(logits):
    p = np.exp(logits.astype("float64") - logits.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)


def test_entropy(networks):
    p = _softmax(LOGITS)
    wanted = (p * np.log(p)).sum(axis=-1)
    np.testing.assert_allclose(
        _evidence("entropy", networks, LOGITS), wanted, atol=1e-5
    )


def test_a_probability_of_zero_adds_nothing_to_the_entropy(networks):
    certain = np.array([[[1000.0, -1000.0], [0.0, 0.0]]], "float32")
    found = _evidence("entropy", networks, certain)
    np.testing.assert_allclose(found, [[0.0, -np.log(2)]], atol=1e-6)


def test_largest_probability(networks):
    wanted = np.log(_softmax(LOGITS).max(axis=-1))
    found = _evidence("max_softmax", networks, LOGITS)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_energy(networks):
    wanted = np.log(np.exp(LOGITS.astype("float64")).sum(axis=-1))
    np.testing.assert_allclose(_evidence("energy", networks, LOGITS), wanted, atol=1e-5)


def test_entropy_and_largest_probability_ignore_a_shift_and_energy_does_not(networks):
    shifted = LOGITS + np.array([0, 5, -5], "float32")[None, :, None]
    for name in ("entropy", "max_softmax"):
        np.testing.assert_allclose(
            _evidence(name, networks, shifted),
            _evidence(name, networks, LOGITS),
            atol=1e-5,
        )
    moved = _evidence("energy", networks, shifted) - _evidence(
        "energy", networks, LOGITS
    )
    np.testing.assert_allclose(moved, np.tile([0, 5, -5], (20, 1)), atol=1e-5)


def test_temperature_divides_the_logits(networks):
    method = inference.get("entropy", networks, temperature=True)
    for task, value in enumerate((1.0, 2.0, 4.0)):
        method.statistics[task] = {"temperature": np.float32(value)}
    found = method.evidence_of(TaskOutputs(LOGITS, (), LOGITS[:, 0]))
    divided = LOGITS / np.array([1, 2, 4], "float32")[None, :, None]
    np.testing.assert_allclose(
        ops.convert_to_numpy(found), _evidence("entropy", networks, divided), atol=1e-5
    )


def test_a_temperature_must_be_fitted_first(networks):
    method = inference.get("energy", networks, temperature=True)
    with pytest.raises(ValueError, match="those of 0"):
        method.predict(np.zeros((1, 8), "float32"))
    method.fit(0, np.zeros((3, 8), "float32"), np.arange(3))
    with pytest.raises(ValueError, match="those of 1"):
        method.predict(np.zeros((1, 8), "float32"))


def test_arguments_win_over_those_of_a_variant(networks):
    assert inference.get("fecam_tukey", networks).tukey == 0.5
    assert inference.get("fecam_tukey", networks, tukey=0.25).tukey == 0.25
    assert inference.get("density_alone", networks, mode="task").mode == "task"
    with pytest.raises(ValueError, match="Received: 'guess'"):
        inference.get("guess", networks)
