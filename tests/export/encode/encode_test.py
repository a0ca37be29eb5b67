import keras
import numpy as np
import pytest
from keras import layers

from export.convert import convert
from export.encode.encode import encode_sparse
from export.inspect_tflite import inspect_tflite
from export.quantize.quantize import quantize
from export.verify import make_interpreter, run_tflite


@pytest.fixture(scope="module")
def thin():
    """A float32 file with a convolution and dense layers, nine tenths of it zeros."""
    keras.utils.set_random_seed(0)
    image = keras.Input((12, 12, 4))
    x = layers.Conv2D(24, 3, padding="same", activation="relu")(image)
    x = layers.Dense(40, activation="relu")(layers.Flatten()(x))
    model = keras.Model(image, layers.Dense(3)(x))
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel * (rng.random(kernel.shape) < 0.1), bias + 0.1])
    return convert(model)


@pytest.mark.parametrize("quantization", ["float32", "float16", "weight_int8"])
def test_a_smaller_file_says_the_same(thin, quantization):
    dense = quantize(thin, quantization)
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
def test_weights_of_integer_kernels_are_left_alone(thin, quantization):
    assert encode_sparse(quantize(thin, quantization)) is None


def test_nothing_is_gained_without_zeros(converted):
    model = keras.Sequential([keras.Input((30,)), layers.Dense(30)])
    assert encode_sparse(convert(model)) is None
    # Six tenths of zeros do not pay for places in arrays this small.
    assert encode_sparse(converted["conv_net"].files["float16"]) is None
