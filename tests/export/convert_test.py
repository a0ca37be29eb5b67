import keras
import numpy as np
import pytest

from hypermask_tf.export import convert as convert_module
from hypermask_tf.export import mistakes
from hypermask_tf.export.convert import ConversionJob, convert
from hypermask_tf.export.verify import run_tflite

GOOD = ["mlp", "conv_net", "depthwise_net"]


@pytest.mark.parametrize("name", GOOD)
def test_float32_file_equals_keras(converted, name):
    case = converted[name]
    outputs = run_tflite(case.files["float32"], case.x)
    np.testing.assert_allclose(outputs, case.logits, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize(
    ("quantization", "tolerance"),
    [
        ("float16", 0.005),
        ("weight_int8", 0.02),
        ("dynamic_int8", 0.05),
        ("mixed", 0.3),
        ("int4", 0.4),
    ],
)
def test_quantised_files_are_close_to_keras(converted, name, quantization, tolerance):
    case = converted[name]
    outputs = run_tflite(case.files[quantization], case.x)
    np.testing.assert_allclose(
        outputs, case.logits, atol=tolerance * np.abs(case.logits).max()
    )


def _extremes(x):
    """Zeros, tiny and large numbers, and single pixels that are on."""
    single = np.zeros_like(x[:4]).reshape(4, -1)
    single[[0, 1, 2, 3], [0, 7, -7, -1]] = [1.0, -1.0, 50.0, -50.0]
    whole = [np.full_like(x[:1], value) for value in (0, 1, -1, 1e-6, 1e3, -1e3)]
    single = single.reshape(x[:4].shape)
    return np.concatenate([*whole, x[:4] * 1e3, x[:4] * 1e-4, single])


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize(
    ("quantization", "tolerance"),
    [
        ("float32", 1e-4),
        ("float16", 0.005),
        ("weight_int8", 0.02),
        ("dynamic_int8", 0.08),
        ("mixed", 0.3),
        ("int4", 0.6),
    ],
)
def test_files_are_close_to_keras_on_extremes(converted, name, quantization, tolerance):
    case = converted[name]
    x = _extremes(case.x)
    logits = np.asarray(case.model(x, training=False))
    outputs = run_tflite(case.files[quantization], x)
    largest = np.abs(logits).max(axis=1, keepdims=True)
    assert (np.abs(outputs - logits) / largest).max() < tolerance


def test_dynamic_int8_is_smaller(converted):
    files = converted["mlp"].files
    assert len(files["dynamic_int8"]) < 0.5 * len(files["float32"])


def test_signature_has_stable_names(converted):
    from ai_edge_litert.interpreter import Interpreter

    for name in GOOD:
        for content in converted[name].files.values():
            signatures = Interpreter(model_content=content).get_signature_list()
            assert signatures == {"serve": {"inputs": ["image"], "outputs": ["logits"]}}


def test_bytes_are_reproducible_across_processes(converted):
    again = convert(converted["mlp"].model)
    assert again == converted["mlp"].files["float32"]


def test_ops_outside_the_builtins_are_refused(converted):
    for error in converted["needs_flex"].files.values():
        assert isinstance(error, str)
        assert "MatrixDeterminant" in error and "\n" not in error


def test_several_outputs_are_refused(converted):
    for error in converted["two_outputs"].files.values():
        assert "one input and one output" in error


@pytest.mark.parametrize("name", ["int3", "int8"])
def test_what_a_model_alone_cannot_give_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=f"Received: quantization='{name}'"):
        ConversionJob(tmp_path / "m.keras", tmp_path / "m.tflite", name, (4,))


def test_a_child_that_dies_fails_its_jobs_with_its_last_words(tmp_path, monkeypatch):
    monkeypatch.setattr(convert_module.sys, "executable", "/bin/false")
    job = ConversionJob(tmp_path / "m.keras", tmp_path / "m.tflite", "float32", (4,))
    results = list(convert_module.convert_files([job, job], jobs_per_process=1))
    assert [result.job for result in results] == [job, job]
    assert "ended with status 1" in results[0].error


def test_a_fault_in_the_child_is_not_told_as_the_models(tmp_path, monkeypatch):
    child = tmp_path / "child"
    child.write_text('#!/bin/sh\necho \'{"fault": "Traceback: so"}\'\n')
    child.chmod(0o755)
    monkeypatch.setattr(convert_module.sys, "executable", str(child))
    job = ConversionJob(tmp_path / "m.keras", tmp_path / "m.tflite", "float32", (4,))
    with pytest.raises(RuntimeError, match="Traceback: so") as caught:
        list(convert_module.convert_files([job]))
    assert not mistakes.is_users(caught.value)


@pytest.mark.slow
def test_a_fault_in_the_child_comes_with_its_traceback(tmp_path, monkeypatch):
    job = ConversionJob(tmp_path / "m.keras", tmp_path / "m.tflite", "float32", (4,))
    whole = job.to_json()
    monkeypatch.setattr(
        ConversionJob, "to_json", lambda job: {**whole, "input_shape": 4}
    )
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save(job.model_path)
    with pytest.raises(RuntimeError) as caught:
        list(convert_module.convert_files([job]))
    assert not mistakes.is_users(caught.value)
    text = str(caught.value)
    assert "Traceback" in text and "write_saved_model" in text and "TypeError" in text


@pytest.mark.slow
def test_mobilenet_v3_small_equals_keras():
    model = keras.applications.MobileNetV3Small(
        (32, 32, 3), weights=None, classes=10, classifier_activation=None
    )
    x = np.random.default_rng(0).uniform(0, 255, (8, 32, 32, 3)).astype("float32")
    logits = keras.ops.convert_to_numpy(model(x, training=False))
    for kind, tolerance in (("float32", 1e-4), ("dynamic_int8", 0.1)):
        outputs = run_tflite(convert(model, kind), x)
        np.testing.assert_allclose(
            outputs, logits, atol=tolerance * max(1, np.abs(logits).max())
        )
