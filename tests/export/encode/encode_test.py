import numpy as np
import pytest

from hypermask_tf.export.encode.encode import encode_sparse
from hypermask_tf.export.inspect_tflite import inspect_tflite
from hypermask_tf.export.verify import make_interpreter, run_tflite


@pytest.mark.parametrize("quantization", ["float32", "float16", "weight_int8"])
def test_a_smaller_file_says_the_same(converted, quantization):
    dense = converted["thin"].files[quantization]
    sparse = encode_sparse(dense)
    assert len(sparse) < 0.6 * len(dense)
    x = np.random.default_rng(1).normal(size=(10, 12, 12, 4)).astype("float32")
    np.testing.assert_array_equal(run_tflite(sparse, x), run_tflite(dense, x))
    before, after = inspect_tflite(dense), inspect_tflite(sparse)
    assert "DENSIFY" in after.ops and "DENSIFY" not in before.ops
    assert any(weight.sparse for weight in after.weights)
    assert (after.num_weights, after.num_zeros) == (
        before.num_weights,
        before.num_zeros,
    )
    make_interpreter(sparse)


@pytest.mark.parametrize("quantization", ["dynamic_int8", "int4"])
def test_weights_of_integer_kernels_are_left_alone(converted, quantization):
    assert encode_sparse(converted["thin"].files[quantization]) is None


def test_nothing_is_gained_without_zeros(converted):
    assert encode_sparse(converted["large"].files["float16"]) is None
    # Six tenths of zeros do not pay for places in arrays this small.
    assert encode_sparse(converted["conv_net"].files["float16"]) is None
