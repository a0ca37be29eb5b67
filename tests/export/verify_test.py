import numpy as np
import pytest

from hypermask_tf.export.quantize.quantize import quantize
from hypermask_tf.export.verify import compare_logits, run_tflite

LOGITS = np.eye(4, dtype="float32")
LABELS = np.arange(4)


def test_equal_logits_pass():
    result = compare_logits(LOGITS, LOGITS.copy(), LABELS)
    assert result.passed
    assert result.keras_accuracy == result.tflite_accuracy == 1.0
    assert result.argmax_agreement == 1.0 and result.max_logit_difference == 0.0
    assert result.to_json()["passed"] is True


def test_accuracy_drop_fails_and_a_gain_does_not():
    worse = LOGITS.copy()
    worse[0] = [0, 1, 0, 0]
    result = compare_logits(LOGITS, worse, LABELS, "dynamic_int8", 0.2)
    assert result.tflite_accuracy == 0.75 and result.argmax_agreement == 0.75
    assert "accuracy 0.7500 is more than 0.2 below" in result.failures[0]
    assert compare_logits(LOGITS, worse, LABELS, "dynamic_int8", 0.25).passed
    assert compare_logits(worse, LOGITS, LABELS, "dynamic_int8", 0.0).passed
    assert compare_logits(LOGITS, worse, LABELS, "dynamic_int8", None).passed


def test_logit_tolerance_is_relative_and_for_float32_only():
    off = LOGITS + 0.002
    assert "logits differ" in compare_logits(LOGITS, off, LABELS).failures[0]
    assert compare_logits(LOGITS, off, LABELS, "dynamic_int8").passed
    assert compare_logits(100 * LOGITS, 100 * LOGITS + 0.002, LABELS).passed


def test_outputs_behind_a_task_s_classes_are_no_choice():
    # The fourth output is of other tasks, and means nothing here.
    wide = np.tile(LOGITS[:3], (2, 1)) + np.array([0, 0, 0, 2])
    labels = np.arange(6) % 3
    result = compare_logits(wide, wide.copy(), labels, classes=3)
    assert result.keras_accuracy == result.tflite_accuracy == 1.0
    worse = wide.copy()
    worse[0, 1] = 3
    result = compare_logits(wide, worse, labels, "int4", 0.1, classes=3)
    assert result.argmax_agreement == result.tflite_accuracy == pytest.approx(5 / 6)
    assert "accuracy 0.8333 is more than 0.1 below" in result.failures[0]
    assert compare_logits(wide, worse, labels, "int4").keras_accuracy == 0.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_non_finite_logits_fail(bad):
    broken = LOGITS.copy()
    broken[3, 0] = bad
    for keras_logits, tflite_logits, name in (
        (LOGITS, broken, "file"),
        (broken, LOGITS, "Keras"),
    ):
        result = compare_logits(keras_logits, tflite_logits, LABELS, "dynamic_int8", 1)
        assert f"1 of 4 {name} outputs are not finite" in result.failures


@pytest.mark.parametrize("labels", [LABELS[:0], LABELS[:3]])
def test_shapes_must_belong_together(labels):
    with pytest.raises(ValueError, match="labels"):
        compare_logits(LOGITS[: len(labels) + 1], LOGITS, labels)


def test_run_takes_bytes_or_a_path(converted, tmp_path):
    case = converted["mlp"]
    path = tmp_path / "m.tflite"
    path.write_bytes(case.files["float32"])
    np.testing.assert_array_equal(
        run_tflite(path, case.x[:3]), run_tflite(case.files["float32"], case.x[:3])
    )


def test_run_refuses_other_shapes(converted):
    with pytest.raises(ValueError, match=r"Expected examples of shape \(8, 8, 1\)"):
        run_tflite(converted["mlp"].files["float32"], np.zeros((2, 9, 9, 1)))


def test_integer_files_are_run_with_real_numbers(converted):
    case = converted["mlp"]
    content = quantize(case.files["float32"], "int8", case.x, integer_io=True)
    outputs = run_tflite(content, case.x)
    assert outputs.dtype == np.float32
    assert np.abs(outputs - case.logits).max() < 0.1 * np.abs(case.logits).max()
    far = run_tflite(content, 1e6 * np.ones_like(case.x[:1]))  # beyond int8: clipped
    assert np.isfinite(far).all()
