from types import SimpleNamespace

import numpy as np
import pytest

from hypermask_tf.export.encode.csr import (
    dense_values,
    sparse_bytes,
    sparsity_parameters,
)

SHAPES = [(1, 1), (5, 7), (3, 300), (2, 70_000), (4, 3, 3, 5)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kept", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8])
def test_nothing_is_lost_but_zeros(shape, kept, dtype):
    rng = np.random.default_rng(0)
    values = (rng.integers(1, 9, shape) * (rng.random(shape) < kept)).astype(dtype)
    tensor = SimpleNamespace(shape=shape, sparsity=sparsity_parameters(values))
    back = dense_values(tensor, values[values != 0])
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, values)


def test_places_cost_one_byte_in_short_rows_and_two_in_long_ones():
    for width, place in ((200, 1), (2000, 2)):
        values = np.zeros((1, width), np.float32)
        values[0, -10:] = 1
        assert sparse_bytes(values) == 10 * (4 + place) + 2
