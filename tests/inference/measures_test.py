"""Calibration error, confusion and coverage."""

import numpy as np
import pytest

from hypermask_tf.inference import measures

RANDOM = np.random.default_rng(2)


def test_calibrated_confidence_has_almost_no_error():
    confidence = RANDOM.random(100_000)
    right = RANDOM.random(100_000) < confidence
    assert measures.reliability(confidence, right).error < 0.01
    overconfident = measures.reliability(confidence**0.5, right)
    assert overconfident.error == pytest.approx(2 / 3 - 1 / 2, abs=0.01)


def test_bins_hold_every_prediction():
    found = measures.reliability(np.array([0.0, 1.0, 0.5]), np.array([0, 1, 1]), 4)
    assert found.size.tolist() == [1, 0, 1, 1]
    assert np.isnan(found.accuracy[1])
    assert found.error == pytest.approx(0.5 / 3)


def test_confusion_counts_true_tasks_by_row():
    found = measures.confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    assert found.tolist() == [[1, 1], [0, 1]]


def test_full_coverage_is_accuracy_and_order_is_by_confidence():
    confidence, right = RANDOM.random(500), RANDOM.random(500) < 0.7
    coverage = np.linspace(0.1, 1, 10)
    found = measures.accuracy_at_coverage(confidence, right, coverage)
    assert found[-1] == pytest.approx(right.mean())
    best = confidence >= np.sort(confidence)[-50]
    assert found[0] == pytest.approx(right[best].mean())


def test_the_number_kept_is_the_nearest():
    confidence, right = np.arange(10)[::-1], np.array([1, 1, 1, 0, 0] * 2)
    found = measures.accuracy_at_coverage(
        confidence, right, np.array([0.01, 0.29, 0.31, 0.36, 0.44, 0.46])
    )
    assert found.tolist() == [1, 1, 1, 3 / 4, 3 / 4, 3 / 5]


def test_confusion_of_tasks_that_nobody_inferred():
    found = measures.confusion(np.array([2, 2, 0]), np.array([0, 1, 0]), 3)
    assert found.tolist() == [[1, 0, 0], [0, 0, 0], [1, 1, 0]]
