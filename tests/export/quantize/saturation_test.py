"""Files whose activations are int8: what is beyond their range is clipped to it."""

import numpy as np
import pytest

from hypermask_tf.export.quantize.quantize import quantize
from hypermask_tf.export.verify import make_interpreter, run_tflite
from hypermask_tf.export.write import flatbuffer

MODELS = ["mlp", "conv_net", "depthwise_net"]


@pytest.fixture(scope="module", params=MODELS)
def case(request, converted):
    return converted[request.param]


@pytest.fixture(scope="module", params=[False, True], ids=["float_io", "integer_io"])
def content(request, case):
    return quantize(case.files["float32"], "int8", case.x, request.param)


def _input_numbers(content):
    """Scale and zero point of the image as int8."""
    model = flatbuffer.unpack(content)
    (graph,) = model.subgraphs
    tensor = graph.tensors[graph.inputs[0]]
    if tensor.quantization is None or tensor.quantization.scale is None:
        (reader,) = [op for op in graph.operators if graph.inputs[0] in op.inputs]
        tensor = graph.tensors[reader.outputs[0]]
    return float(tensor.quantization.scale[0]), int(tensor.quantization.zeroPoint[0])


def test_inputs_beyond_the_range_say_what_the_clipped_ones_say(case, content):
    scale, zero = _input_numbers(content)
    low, high = (-128 - zero) * scale, (127 - zero) * scale
    assert low < 0 < high
    rng = np.random.default_rng(0)
    sign = rng.choice([-1.0, 1.0], case.x.shape)
    for far in (case.x * 3, case.x * 50, sign * 1e6, case.x + high, case.x + low):
        far = far.astype("float32")
        clipped = np.clip(far, low, high).astype("float32")
        assert (far != clipped).mean() > 0.1
        np.testing.assert_array_equal(
            run_tflite(content, far), run_tflite(content, clipped)
        )
    apart = run_tflite(content, np.full_like(case.x[:2], [[[high]]]))
    other = run_tflite(content, np.full_like(case.x[:2], [[[low]]]))
    assert np.abs(apart - other).max() > 0.01 * np.abs(case.logits).max()


def test_what_the_calibration_saw_is_in_the_range(case, content):
    scale, zero = _input_numbers(content)
    low, high = (-128 - zero) * scale, (127 - zero) * scale
    # The range must hold zero too, which moves its ends by half a step.
    assert low - scale <= case.x.min() and case.x.max() <= high + scale
    assert high - low < 1.1 * (case.x.max() - case.x.min())


def test_real_numbers_are_the_nearest_integers(case):
    """Those that a file with integers for its input can hold, the ends included."""
    content = quantize(case.files["float32"], "int8", case.x, integer_io=True)
    interpreter = make_interpreter(content)
    image = interpreter.get_input_details()[0]
    logits = interpreter.get_output_details()[0]
    (scale, zero), (factor, shift) = image["quantization"], logits["quantization"]
    rng = np.random.default_rng(0)
    for ends in (0.0, 0.5):
        numbers = rng.integers(-128, 128, case.x[:20].shape)
        numbers = np.where(
            rng.random(numbers.shape) < ends, rng.choice([-128, 127]), numbers
        )
        expected = []
        for one in numbers:
            interpreter.set_tensor(image["index"], one[None].astype(np.int8))
            interpreter.invoke()
            expected.append(interpreter.get_tensor(logits["index"])[0])
        expected = (np.array(expected, "float32") - shift) * factor
        for off in (-0.4, 0.0, 0.4):
            real = ((numbers - zero + off) * scale).astype("float32")
            np.testing.assert_allclose(
                run_tflite(content, real), expected, rtol=1e-5, atol=1e-6
            )
