import sys

import numpy as np
import pytest

from hypermask_tf.export.inspect_tflite import inspect_tflite
from hypermask_tf.export.quantize.quantize import SMALL_LAYER, quantize
from hypermask_tf.export.quantize.recipe import QUANTIZATIONS
from hypermask_tf.export.verify import make_interpreter, run_tflite

MODELS = ["mlp", "conv_net", "depthwise_net"]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("integer_io", [False, True])
def test_int8_file_says_about_what_keras_says(converted, name, integer_io):
    case = converted[name]
    content = quantize(case.files["float32"], "int8", case.x, integer_io)
    error = np.abs(run_tflite(content, case.x) - case.logits).max()
    assert error < 0.1 * np.abs(case.logits).max()
    interpreter = make_interpreter(content)
    kinds = {
        details["dtype"]
        for details in (
            interpreter.get_input_details()[0],
            interpreter.get_output_details()[0],
        )
    }
    assert kinds == ({np.int8} if integer_io else {np.float32})


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("quantization", QUANTIZATIONS)
def test_no_zero_is_lost(converted, name, quantization):
    case = converted[name]
    content = quantize(case.files["float32"], quantization, case.x)
    before = {w.shape: w for w in _kernels(case.files["float32"])}
    after = {w.shape: w for w in _kernels(content)}
    assert before.keys() == after.keys()
    assert all(after[shape].zeros >= before[shape].zeros for shape in before)
    assert sum(w.zeros for w in before.values()) > 0


def _kernels(content):
    return [w for w in inspect_tflite(content).weights if len(w.shape) > 1]


def test_weights_of_zero_stay_where_they_are(converted):
    """An int4 file of zeros in known places computes as if they were cut out."""
    case = converted["mlp"]
    dark = case.x * (np.arange(8)[:, None, None] < 4)
    content = quantize(case.files["float32"], "int4")
    expected = run_tflite(case.files["float32"], dark)
    assert np.abs(run_tflite(content, dark) - expected).max() < 0.3 * np.ptp(expected)


def test_mixed_keeps_small_and_last_layers_in_int8(converted):
    content = quantize(converted["mlp"].files["float32"], "mixed")
    kinds = {w.size: w.dtype for w in _kernels(content)}
    assert kinds == {SMALL_LAYER: "int4", 64 * 3: "int8"}


def test_what_has_no_int4_kernel_is_int8(converted):
    kinds = {
        w.dtype
        for w in inspect_tflite(converted["depthwise_net"].files["int4"]).weights
    }
    assert {"int4", "int8"} <= kinds


def test_sizes_fall_with_bits(converted):
    files = converted["mlp"].files
    assert (
        len(files["float32"])
        > len(files["float16"])
        > len(files["dynamic_int8"])
        > len(files["int4"])
    )


@pytest.mark.parametrize("calibration", [None, np.zeros((0, 8, 8, 1), np.float32)])
def test_ranges_need_examples(converted, calibration):
    with pytest.raises(ValueError, match="Expected examples to calibrate 'int8'"):
        quantize(converted["mlp"].files["float32"], "int8", calibration)


def test_a_missing_quantizer_names_the_command(converted, monkeypatch):
    monkeypatch.setitem(sys.modules, "litert_quantizer", None)
    content = converted["mlp"].files["float32"]
    with pytest.raises(ImportError, match="pip install litert-quantizer=="):
        quantize(content, "int4")
    assert quantize(content, "float32") == content
