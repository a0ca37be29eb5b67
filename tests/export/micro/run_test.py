"""Micro's own kernels against LiteRT's, on what the library bakes."""

import tempfile

import numpy as np
import pytest

pytest.importorskip(
    "tflite_micro", reason="needs: pip install -r requirements-micro.txt"
)

from ai_edge_litert.interpreter import Interpreter

from hypermask_tf.export.convert_worker import write_saved_model
from hypermask_tf.export.micro.run import run_micro
from hypermask_tf.export.verify import run_tflite
from hypermask_tf.scenarios import split_digits
from hypermask_tf.targets import convnet, mlp
from tests.learners import hyper_mask

SHAPE = (8, 8, 1)
pytestmark = pytest.mark.filterwarnings("ignore:Task 1 has not been learned yet")


def _images() -> np.ndarray:
    return np.concatenate([task.test[0] for task in split_digits()])


def _tflite(folder: str, images: np.ndarray, form: str) -> bytes:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(
        folder, signature_keys=["serve"]
    )
    if form != "float32":
        samples = images[:100, np.newaxis]
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([x] for x in samples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    if form == "integer_io":
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    return bytes(converter.convert())


TARGETS = {
    "mlp": lambda: mlp(SHAPE, (64, 64), classes=2),
    "convnet": lambda: convnet(SHAPE, (8, 16), hidden=32, classes=2),
}


@pytest.fixture(scope="module", params=list(TARGETS))
def files(request) -> dict[str, bytes]:
    """A baked task of a target, in every form."""
    model = hyper_mask(TARGETS[request.param](), num_tasks=2)
    baked = model.bake(task=1, compact=True)
    with tempfile.TemporaryDirectory() as folder:
        baked.save(folder + "/baked.keras")
        write_saved_model(folder + "/baked.keras", list(SHAPE), folder + "/saved")
        return {
            form: _tflite(folder + "/saved", _images(), form)
            for form in ("float32", "int8", "integer_io")
        }


def _integer_scales(content: bytes) -> tuple[tuple[float, int], tuple[float, int]]:
    interpreter = Interpreter(model_content=content)
    return (
        interpreter.get_input_details()[0]["quantization"],
        interpreter.get_output_details()[0]["quantization"],
    )


def test_float32_gives_the_logits_of_litert(files):
    images = _images()
    run = run_micro(files["float32"], images)
    np.testing.assert_allclose(
        run.outputs, run_tflite(files["float32"], images), atol=1e-4, rtol=1e-4
    )


def test_int8_is_within_two_steps_of_litert(files):
    images = _images()
    litert = run_tflite(files["int8"], images)
    run = run_micro(files["int8"], images)
    _, (step, _) = _integer_scales(files["integer_io"])
    assert np.abs(run.outputs - litert).max() <= 2.01 * step
    assert np.ptp(litert) > 20 * step  # or the bound above would say little


def test_integer_inputs_and_outputs_are_scaled_as_in_the_file(files):
    images = _images()
    run = run_micro(files["integer_io"], images)
    with_float_io = run_micro(files["int8"], images)
    _, (step, _) = _integer_scales(files["integer_io"])
    assert np.abs(run.outputs - with_float_io.outputs).max() <= 1.01 * step


def test_int8_takes_less_working_memory_than_float32(files):
    one = _images()[:1]
    arenas = {kind: run_micro(file, one).arena_bytes for kind, file in files.items()}
    assert 0 < arenas["integer_io"] < arenas["float32"]
    # What it says it took is enough to run in, and much less is not.
    enough = arenas["integer_io"] + 1024
    assert run_micro(files["integer_io"], one, enough).outputs.shape == (1, 2)
    with pytest.raises(ValueError, match="allocate"):
        run_micro(files["integer_io"], one, arenas["integer_io"] // 4)


def test_int8_weights_with_float_activations_are_refused_with_the_reason(converted):
    case = converted["mlp"]
    with pytest.raises(ValueError, match="Input type: FLOAT32 with filter type: INT8"):
        run_micro(case.files["dynamic_int8"], case.x[:1])


def test_examples_of_another_shape_are_refused(files):
    with pytest.raises(ValueError, match=r"Expected examples of shape \(8, 8, 1\)"):
        run_micro(files["float32"], np.zeros((2, 9, 9, 1)))
