import numpy as np
import pytest

from hypermask_tf.scenarios import preprocess
from hypermask_tf.scenarios.preprocessing import standardization


def test_scale_and_offset_per_channel():
    raw = np.array([10, 20, 30], "uint8").reshape(1, 1, 1, 3)
    steps = {"scale": [1.0, 0.5, 0.1], "offset": [0.0, 1.0, -3.0]}
    result = preprocess(raw, steps)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result.ravel(), [10, 11, 0], atol=1e-6)


def test_padding_then_permutation_then_scale():
    raw = np.array([[1, 2], [3, 4]], "uint8").reshape(1, 2, 2, 1)
    backwards = list(range(15, -1, -1))
    steps = {"padding": 1, "permutation": backwards, "scale": 2.0, "offset": 1.0}
    expected = np.pad([[4, 3], [2, 1]], 1) * 2 + 1
    np.testing.assert_array_equal(preprocess(raw, steps)[0, :, :, 0], expected)


def test_permutation_keeps_the_channels_of_a_pixel_together():
    raw = np.arange(12, dtype="uint8").reshape(1, 2, 2, 3)
    result = preprocess(raw, {"permutation": [2, 0, 3, 1]})
    np.testing.assert_array_equal(
        result.reshape(4, 3), raw.reshape(4, 3)[[2, 0, 3, 1]].astype("float32")
    )


def test_source_stays_untouched():
    raw = np.ones((1, 2, 2, 1), "float32")
    preprocess(raw, {"scale": 3.0})
    np.testing.assert_array_equal(raw, 1)


def test_pixels_that_move_need_four_axes():
    with pytest.raises(ValueError, match=r"raw\.shape=\(28, 28\)"):
        preprocess(np.zeros((28, 28)), {"padding": 1})


def test_standardization_is_the_usual_formula():
    raw = np.arange(256, dtype="uint8").reshape(1, 16, 16, 1)
    scale, offset = standardization(0.1307, 0.3081, 255, channels=1)
    np.testing.assert_allclose(
        preprocess(raw, {"scale": scale, "offset": offset}),
        (raw / 255 - 0.1307) / 0.3081,
        atol=1e-6,
    )


def test_standardization_of_one_number_and_a_list_gives_two_lists():
    scale, offset = standardization(0.5, (0.5, 0.25), 1, channels=2)
    assert scale == [2.0, 4.0]
    assert offset == [-1.0, -2.0]


@pytest.mark.parametrize(("mean", "std"), [((0.0, 0.0), 1.0), (0.0, 0.0)])
def test_standardization_checks_its_numbers(mean, std):
    with pytest.raises(ValueError, match=r"Received: (mean|std)="):
        standardization(mean, std, 255, channels=3)
