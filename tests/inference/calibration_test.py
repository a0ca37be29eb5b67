"""Temperatures, weights and ranks."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from hypermask_tf.inference import calibration

RANDOM = np.random.default_rng(1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_behind_the_labels_is_found(temperature):
    logits = RANDOM.normal(size=(20000, 4)) * 3
    chances = softmax(logits / temperature, axis=1)
    y = (chances.cumsum(axis=1) < RANDOM.random((20000, 1))).sum(axis=1)
    found = calibration.fit_temperature(logits, y)
    assert found == pytest.approx(temperature, rel=0.05)


def test_a_temperature_of_perfect_logits_is_finite():
    logits = np.eye(3) * 5
    assert 0.001 < calibration.fit_temperature(logits, np.arange(3)) < 1


def _loss(log_weights, terms, task):
    total = np.tensordot(np.exp(log_weights), terms, 1)
    prior = calibration._PRIOR * np.sum(log_weights**2)
    return -log_softmax(total, axis=-1)[:, task].mean() + prior


def test_no_weights_near_those_found_are_better():
    terms = RANDOM.normal(size=(2, 500, 3))
    terms[0, :, 2] += 1.0
    found = calibration.fit_weights(terms, 2)
    least = _loss(found, terms, 2)
    for step in RANDOM.normal(size=(20, 2)) * 0.1:
        assert _loss(found + step, terms, 2) >= least - 1e-7
    assert found[0] > found[1]  # the second term says nothing of the task


def test_ranks_are_shares():
    values = RANDOM.normal(size=5000)
    grid = calibration.quantiles(values)
    ranks = calibration.rank(values, grid)
    assert np.abs(np.sort(ranks) - np.linspace(0, 1, 5000)).max() < 0.01
    assert calibration.rank(np.array([-99.0, 99.0]), grid).tolist() == [0.0, 1.0]


def test_the_rank_of_a_value_that_many_share_is_that_of_the_last():
    grid = calibration.quantiles(np.array([0.0] * 50 + [1.0] * 50))
    assert calibration.rank(np.array([0.0]), grid)[0] == pytest.approx(0.5, abs=0.02)
    assert calibration.rank(np.array([1.0]), grid)[0] == 1.0
