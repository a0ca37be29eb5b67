import numpy as np
import pytest

from hypermask_tf.export.front_end.fourier import Fourier


@pytest.mark.parametrize("length", [2, 4, 8, 32, 256, 512])
def test_the_power_of_every_frequency_is_that_of_the_whole_transform(length):
    frames = np.random.default_rng(length).normal(size=(3, length)).astype("float32")
    fourier = Fourier(length)
    bins = np.eye(length // 2 + 1, dtype="float32")
    found = np.asarray(fourier.power(frames)) @ fourier.in_order(bins)
    wanted = np.abs(np.fft.rfft(frames)) ** 2
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4 * wanted.max())
