import json

import numpy as np
import pytest

from hypermask_tf.export.front_end.check import TOLERANCE, compare_features


def test_differences_are_of_logarithms_before_they_are_scaled():
    scale = np.array([2.0, 0.5])
    wanted = {0: np.zeros((2, 3, 2)), 4: np.ones((1, 3, 2))}
    found = {0: wanted[0] + 0.6 * TOLERANCE * scale, 4: wanted[4]}
    check = compare_features(wanted, found, scale)
    assert not check.failures and check.examples == 3
    assert check.max_difference == pytest.approx(0.6 * TOLERANCE)
    assert check.mean_difference == pytest.approx(0.4 * TOLERANCE)
    (reason,) = compare_features(wanted, found, scale / 2).failures
    assert "differ by 0.06, more than 0.05" in reason


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_told_in_words_that_json_knows(value):
    check = compare_features({0: np.zeros((1, 2))}, {0: np.full((1, 2), value)})
    assert check.failures == ("features are not finite",)
    assert json.loads(json.dumps(check.to_json(), allow_nan=False))["passed"] is False
