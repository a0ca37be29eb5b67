"""Temperatures, weights and ranks."""

import numpy as np
import pytest
from scipy.special import softmax

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


def test_the_weight_behind_the_tasks_is_found():
    # Evidence is a third of what it would have to be.
    own = RANDOM.normal(size=(20000, 3)) * 2
    chances = softmax(own, axis=1)
    task = (chances.cumsum(axis=1) < RANDOM.random((20000, 1))).sum(axis=1)
    swapped = own[np.arange(20000)[:, None], (task[:, None] + [1, 2, 3]) % 3]
    assert calibration.fit_weight(swapped / 3, 2) == pytest.approx(3, rel=0.1)


def test_evidence_that_says_nothing_gets_no_weight():
    assert calibration.fit_weight(RANDOM.normal(size=(5000, 3)), 2) < 0.1


def test_evidence_that_is_always_right_gets_a_finite_weight():
    assert 1 < calibration.fit_weight(np.tile([0.0, 1.0], (50, 1)), 1) < 1e4


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
