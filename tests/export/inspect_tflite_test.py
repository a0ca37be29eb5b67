import numpy as np
import pytest

from hypermask_tf.export.inspect_tflite import inspect_tflite


def _zeros(model):
    return {
        tuple(sorted(w.shape)): int(np.count_nonzero(w.numpy() == 0))
        for w in model.weights
        if w.path.endswith("kernel")
    }


@pytest.mark.parametrize("name", ["mlp", "conv_net"])
def test_zeros_stay_zeros(converted, name):
    case = converted[name]
    expected = _zeros(case.model)
    for kind, content in case.files.items():
        found = {
            tuple(sorted(w.shape)): w.zeros
            for w in inspect_tflite(content).weights
            if len(w.shape) > 1
        }
        assert found.keys() == expected.keys()
        for shape, zeros in expected.items():
            # float32 keeps them exactly; int8 also rounds small weights to 0.
            assert found[shape] == zeros or (
                kind != "float32" and found[shape] >= zeros
            )


def test_weights_are_counted_as_in_keras(converted):
    case = converted["mlp"]
    inspection = inspect_tflite(case.files["float32"])
    assert inspection.num_weights == case.model.count_params()
    assert sum(w.bytes for w in inspection.weights) == 4 * case.model.count_params()


def test_int8_weights_are_seen(converted):
    inspection = inspect_tflite(converted["mlp"].files["dynamic_int8"])
    assert {w.dtype for w in inspection.weights} == {"float32", "int8"}


def test_int4_weights_are_counted_one_by_one(converted):
    case = converted["mlp"]
    inspection = inspect_tflite(case.files["int4"])
    assert inspection.num_weights == case.model.count_params()
    packed = [w for w in inspection.weights if w.dtype == "int4"]
    assert packed and all(w.bytes == (w.size + 1) // 2 for w in packed)


def test_only_builtin_ops_and_the_signature(converted):
    inspection = inspect_tflite(converted["depthwise_net"].files["float32"])
    assert "DEPTHWISE_CONV_2D" in inspection.ops
    assert inspection.custom_ops == ()
    assert inspection.signatures == ("serve",)


def test_flex_op_is_found():
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((1, 4, 4), tf.float32)])
    def determinant(x):
        return tf.linalg.det(x)

    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [determinant.get_concrete_function()], tf.Module()
    )
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS,
        tf.lite.OpsSet.SELECT_TF_OPS,
    ]
    assert inspect_tflite(converter.convert()).custom_ops == ("FlexMatrixDeterminant",)


def test_other_bytes_are_refused(converted):
    with pytest.raises(ValueError, match=r"Expected the bytes of a \.tflite file"):
        inspect_tflite(b"not a flatbuffer")
    with pytest.raises(ValueError, match="damaged"):
        inspect_tflite(converted["mlp"].files["float32"][:100])
