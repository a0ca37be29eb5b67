"""What is compared between a router's file and Keras."""

import numpy as np
import pytest

from hypermask_tf.export.router_check import compare


def _said(*rows):
    return np.array(rows, "float32")


def test_what_is_compared():
    keras_out = _said([0, 1, 0.9, 0], [1, 0, 0.8, 0])
    truth = np.array([[0, 1], [1, 0]])
    good = compare(keras_out, keras_out, truth)
    assert (good.agreement, good.keras_accuracy, good.failures) == (1.0, 1.0, ())
    other = _said([0, 1, 0.9, 0], [1, 1, 0.8, 0])
    assert len(compare(keras_out, other, truth).failures) == 2
    less_sure = _said([0, 1, 0.9, 0], [1, 0, 0.7, 0])
    assert "confidences" in compare(keras_out, less_sure, truth).failures[0]
    assert not compare(keras_out, less_sure, truth, exact=False).failures
    broken = _said([0, 1, 0.9, np.nan], [1, 0, 0.8, 0])
    assert "finite" in compare(keras_out, broken, truth).failures[0]
    with pytest.raises(ValueError, match="shape"):
        compare(keras_out, keras_out[:1], truth)


def test_how_far_confidences_may_differ():
    keras_out, truth = _said([0, 1, 0.9, 0], [1, 0, 0.8, 0]), np.array([[0, 1], [1, 0]])
    for gap, good in ((0.0015, True), (-0.0015, True), (0.003, False), (-0.003, False)):
        other = keras_out + np.float32([0, 0, gap, 0])
        found = compare(keras_out, other, truth)
        assert (not found.failures) == good
        assert found.max_confidence_difference == pytest.approx(abs(gap), abs=1e-6)
        assert not compare(keras_out, other, truth, exact=False).failures


def test_confidences_are_compared_where_the_answers_are_the_same():
    keras_out = _said(*[[0, 1, 0.9, 0]] * 1000)
    other = keras_out.copy()
    other[0] = [0, 2, 0.1, 0]
    other[1] = [1, 1, 0.1, 0]
    truth = np.tile([0, 1], (1000, 1))
    found = compare(keras_out, other, truth)
    assert found.agreement == found.tflite_accuracy == pytest.approx(0.998)
    assert found.max_confidence_difference == 0 and not found.failures
    other[2] = [1, 2, 0.9, 0]
    failures = compare(keras_out, other, truth).failures
    assert len(failures) == 2 and "accuracy 0.9970" in failures[0]


def test_a_file_may_be_better_than_keras_and_may_not_answer_otherwise():
    keras_out, other = _said(*[[0, 0, 0.9, 0]] * 10), _said(*[[0, 1, 0.9, 0]] * 10)
    truth = np.tile([0, 1], (10, 1))
    assert not compare(keras_out, other, truth, exact=False).failures
    (failure,) = compare(keras_out, other, truth).failures
    assert "only 0.0000 of the answers" in failure
    with pytest.raises(ValueError, match="0 examples"):
        compare(keras_out[:0], other[:0], truth[:0])
