"""What is compared between a router's file and Keras."""

import numpy as np
import pytest

from export.router_check import compare


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
