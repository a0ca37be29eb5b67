"""The plain convolutional network: sizes, the two layouts, and its dropout."""

import keras
import numpy as np
import pytest

from hypermask_tf.targets import zenkenet


def _kernels(model):
    return [tuple(v.shape) for v in model.trainable_variables if v.name == "kernel"]


def test_the_paper_s_sizes_on_cifar_100():
    model = zenkenet((32, 32, 3), classes=10)
    assert model.count_params() == 1_250_858
    assert len(model.trainable_variables) == len(model.weights) == 12
    assert _kernels(model) == [
        (3, 3, 3, 32),
        (3, 3, 32, 32),
        (3, 3, 32, 64),
        (3, 3, 64, 64),
        (6 * 6 * 64, 512),
        (512, 10),
    ]


def test_the_network_for_tiny_imagenet():
    assert _kernels(zenkenet((64, 64, 3), classes=5)) == [
        (3, 3, 3, 64),
        *[(3, 3, 64, 64)] * 3,
        (14 * 14 * 64, 5),
    ]


def _reads(model, name):
    """Outputs of a layer under dropout, and its inputs."""
    layer = model.get_layer(name)
    part = keras.Model(model.input, [layer.input, layer.output])
    x = np.random.default_rng(0).uniform(0.1, 1, (40, *model.input_shape[1:]))
    return [keras.ops.convert_to_numpy(t) for t in part(x, training=True)]


@pytest.mark.parametrize("stage", [0, 1])
def test_dropout_takes_a_quarter_of_whole_maps(stage):
    # Not shaken to random signs: a map that ReLU has emptied would look dropped.
    model = zenkenet((16, 16, 2), classes=3)
    for variable in model.trainable_variables:
        variable.assign(keras.ops.abs(variable.value) + 0.01)
    before, after = _reads(model, f"stage_{stage}_dropout")
    assert (before > 0).all()
    kept = after / before
    np.testing.assert_allclose(kept, np.broadcast_to(kept[:, :1, :1], kept.shape))
    values = kept[:, 0, 0]
    np.testing.assert_allclose(np.unique(values.round(5)), [0, 4 / 3], rtol=1e-4)
    assert abs(np.mean(values == 0) - 0.25) < 0.05


def test_dropout_takes_half_of_the_dense_layer_in_training_only():
    model = zenkenet((12, 12, 1), classes=3)
    for variable in model.trainable_variables:
        variable.assign(keras.ops.abs(variable.value) + 0.01)
    _, after = _reads(model, "dropout")
    assert abs(np.mean(after == 0) - 0.5) < 0.05
    x = np.ones((2, 12, 12, 1))
    np.testing.assert_array_equal(model(x), model(x))
    assert not np.array_equal(model(x, training=True), model(x, training=True))


def test_without_dropout_nothing_is_left_out_in_training():
    model, plain = (zenkenet((12, 12, 1), 3, dropout=flag) for flag in (True, False))
    plain.set_weights(model.get_weights())
    x = np.random.default_rng(0).normal(size=(5, 12, 12, 1)).astype("float32")
    expected = keras.ops.convert_to_numpy(model(x))
    for training in (False, True):
        result = keras.ops.convert_to_numpy(plain(x, training=training))
        np.testing.assert_allclose(result, expected, rtol=1e-6)
    assert not np.allclose(model(x, training=True), expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_shape": (144,)}, r"input_shape=\(144,\)"),
        ({"input_shape": (32, 9, 3)}, r"input_shape=\(32, 9, 3\)"),
        ({"classes": 0}, "classes=0"),
        ({"initializer": "he"}, "initializer='he'"),
    ],
)
def test_mistakes_are_named(arguments, message):
    with pytest.raises(ValueError, match=f"Received: .*{message}"):
        zenkenet(**{"input_shape": (16, 16, 3), **arguments})


def test_the_smallest_image_is_large_enough():
    assert zenkenet((10, 10, 1)).output_shape == (None, 10)
