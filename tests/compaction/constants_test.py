"""A channel that is constant and not zero, in front of what makes it vary in space."""

import keras
import pytest
from keras import layers, ops

from hypermask_tf.compaction import compact
from tests.compaction import dead

_LINE, _IMAGE, _VOLUME = (7, 2), (6, 5, 2), (4, 4, 4, 2)


def _pad(*pads, **kwargs):
    return lambda x: ops.pad(x, [[0, 0], *pads, [0, 0]], **kwargs)


# What a constant channel does not pass as a constant: it has an edge behind it.
EDGES = {
    "ZeroPadding1D": (_LINE, layers.ZeroPadding1D(1)),
    "ZeroPadding1D in front": (_LINE, layers.ZeroPadding1D((1, 0))),
    "ZeroPadding2D": (_IMAGE, layers.ZeroPadding2D(1)),
    "ZeroPadding2D below": (_IMAGE, layers.ZeroPadding2D(((0, 1), (0, 0)))),
    "ZeroPadding2D at the left": (_IMAGE, layers.ZeroPadding2D(((0, 0), (1, 0)))),
    "ZeroPadding3D": (_VOLUME, layers.ZeroPadding3D(1)),
    "pad": (_IMAGE, _pad([1, 1], [1, 1])),
    "pad above": (_IMAGE, _pad([2, 0], [0, 0])),
    "pad at the right": (_IMAGE, _pad([0, 0], [0, 1])),
    "pad with another value": (_IMAGE, _pad([1, 0], [0, 1], constant_values=0.25)),
    "same": (_IMAGE, layers.Conv2D(3, 3, padding="same")),
    "same, of one row": (_IMAGE, layers.Conv2D(3, (1, 3), padding="same")),
    "same, of one column": (_IMAGE, layers.Conv2D(3, (3, 1), padding="same")),
    "same, dilated": (_IMAGE, layers.Conv2D(3, 2, padding="same", dilation_rate=2)),
    "same, in groups": (_IMAGE, layers.Conv2D(8, 3, padding="same", groups=2)),
    "same, in a line": (_LINE, layers.Conv1D(3, 3, padding="same")),
    "causal": (_LINE, layers.Conv1D(3, 3, padding="causal")),
    "same, in a volume": (_VOLUME, layers.Conv3D(3, 2, padding="same")),
    "depthwise": (_IMAGE, layers.DepthwiseConv2D(3, padding="same")),
    "depthwise in a line": (_LINE, layers.DepthwiseConv1D(2, padding="same")),
    "separable": (_IMAGE, layers.SeparableConv2D(3, 3, padding="same")),
    "separable in a line": (_LINE, layers.SeparableConv1D(3, 3, padding="same")),
    "transposed": (_IMAGE, layers.Conv2DTranspose(3, 3)),
    "transposed with strides": (_IMAGE, layers.Conv2DTranspose(3, 3, strides=2)),
    "transposed in a line": (_LINE, layers.Conv1DTranspose(3, 2)),
    "resized with a border": (_IMAGE, layers.Resizing(9, 5, pad_to_aspect_ratio=True)),
}
# What it passes as a constant, though it looks like the above.
NO_EDGES = {
    "valid": (_IMAGE, layers.Conv2D(3, 3)),
    "same, of one place": (_IMAGE, layers.Conv2D(3, 1, padding="same")),
    "pooled on average": (_IMAGE, layers.AveragePooling2D(2, padding="same")),
    "pooled to the largest": (_IMAGE, layers.MaxPooling2D(2, padding="same")),
    "cropped": (_IMAGE, layers.Cropping2D(((1, 0), (0, 1)))),
    "repeated": (_IMAGE, layers.UpSampling2D(2)),
    "padded with its own value": (_IMAGE, _pad([1, 1], [0, 2], constant_values=0.5)),
    "padded by nothing": (_IMAGE, layers.ZeroPadding2D(0)),
}


def _model(shape, between, use_bias=True):
    """Two filters of the first layer say 0.5 everywhere, two say 0."""
    inputs = keras.Input(shape)
    conv = getattr(layers, f"Conv{len(shape) - 1}D")
    first = conv(8, 1, activation="sigmoid", name="first")
    # A fresh one for each test, without weights of another.
    if isinstance(between, layers.Layer):
        between = type(between).from_config(between.get_config())
    x = between(first(inputs))
    last = conv(4, 1, use_bias=use_bias, name="last")
    model = keras.Model(inputs, layers.Flatten()(last(x)))
    dead.shake(model)
    kernel, bias = first.get_weights()
    kernel[..., [1, 3, 5, 7]] = 0
    bias[[1, 3, 5, 7]] = [0.0, -1e9, 0.0, -1e9]
    first.set_weights([kernel, bias])
    return model


@pytest.mark.parametrize("name", EDGES)
def test_in_front_of_an_edge_zeros_go_and_other_constants_stay(name):
    model = _model(*EDGES[name])
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    # Beside another value than zero, zeros are no constant.
    left = 8 if name == "pad with another value" else 6
    assert smaller.get_layer("first").filters == left


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("name", NO_EDGES)
def test_where_there_is_no_edge_all_constants_go(name, use_bias):
    model = _model(*NO_EDGES[name], use_bias=use_bias)
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    left = 6 if name == "padded with its own value" else 4
    assert smaller.get_layer("first").filters == left
