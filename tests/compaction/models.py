"""Small models, one for each kind of layer that compaction must know."""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers, ops

IMAGE = (8, 8, 3)
MODELS: dict[str, Callable[[], keras.Model]] = {}


def model(build: Callable[[], keras.Model]) -> Callable[[], keras.Model]:
    MODELS[build.__name__.strip("_")] = build
    return build


def conv(x: Any, filters: int, size: int = 3, **kwargs: Any) -> Any:
    return layers.Conv2D(filters, size, **{"padding": "same", **kwargs})(x)


def norm(x: Any, activation: str = "relu") -> Any:
    return layers.Activation(activation)(layers.BatchNormalization()(x))


def pooled(inputs: Any, x: Any) -> keras.Model:
    if len(x.shape) > 2:
        average = layers.GlobalAveragePooling1D()
        x = average(layers.Reshape((-1, x.shape[-1]))(x))
    return keras.Model(inputs, layers.Dense(3, name="logits")(x))


def _dense(activation: str) -> keras.Model:
    inputs = x = keras.Input((6,))
    for width in (12, 10, 8):
        x = layers.Dense(width, activation)(x)
    return pooled(inputs, x)


def _convolutions(activation: str) -> keras.Model:
    inputs = keras.Input(IMAGE)
    x = norm(conv(inputs, 8, use_bias=False), activation)
    x = layers.AveragePooling2D(2, padding="same")(x)
    x = norm(conv(x, 8, padding="valid", use_bias=False), activation)
    return pooled(inputs, layers.Dense(6, "tanh")(layers.Flatten()(x)))


for _name in ("relu", "sigmoid", "gelu"):
    MODELS[f"dense_{_name}"] = lambda name=_name: _dense(name)
    MODELS[f"convolutions_{_name}"] = lambda name=_name: _convolutions(name)


@model
def one_dimension() -> keras.Model:
    inputs = keras.Input((12, 3))
    x = layers.Conv1D(8, 3, padding="causal", activation="sigmoid")(inputs)
    x = layers.Conv1D(8, 3, dilation_rate=2, activation="tanh")(x)
    x = layers.SeparableConv1D(6, 3, depth_multiplier=2, activation="selu")(x)
    x = layers.DepthwiseConv1D(3, padding="same", depth_multiplier=2)(x)
    x = layers.Conv1DTranspose(5, 3, strides=2)(layers.UpSampling1D()(x))
    x = layers.MaxPooling1D()(layers.ZeroPadding1D()(layers.Cropping1D()(x)))
    return keras.Model(inputs, layers.Dense(3)(layers.Flatten()(x)))


@model
def two_dimensions() -> keras.Model:
    inputs = keras.Input(IMAGE)
    x = layers.Dropout(0.3)(conv(inputs, 8, strides=2, activation="softplus"))
    x = layers.SpatialDropout2D(0.2)(conv(x, 8, padding="valid"))
    x = layers.PReLU(shared_axes=(1, 2))(x)
    x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    x = layers.Conv2DTranspose(6, 3, padding="same", activation="sigmoid")(x)
    x = layers.PReLU()(layers.ZeroPadding2D()(x))
    x = conv(layers.Rescaling(0.5, offset=0.3)(x), 5, padding="valid")
    return pooled(inputs, layers.GlobalMaxPooling2D()(x))


@model
def three_dimensions() -> keras.Model:
    inputs = keras.Input((4, 4, 4, 2))
    x = layers.Conv3D(8, 2, activation="sigmoid")(inputs)
    x = layers.AveragePooling3D(2, padding="same")(layers.ReLU(6.0)(x))
    x = layers.Conv3DTranspose(6, 2, strides=2, activation="elu")(x)
    x = layers.GlobalAveragePooling3D()(layers.Cropping3D()(x))
    return pooled(inputs, x)


@model
def depthwise() -> keras.Model:
    inputs = keras.Input(IMAGE)
    x = norm(conv(inputs, 8, 1, use_bias=False), "sigmoid")
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False)(x)
    x = layers.SeparableConv2D(6, 3, activation="sigmoid", use_bias=False)(x)
    x = layers.DepthwiseConv2D(3, padding="same", activation="tanh")(x)
    return pooled(inputs, norm(conv(x, 8, 1), "gelu"))


@model
def grouped() -> keras.Model:
    inputs = keras.Input(IMAGE)
    x = conv(inputs, 8, activation="sigmoid")
    x = conv(x, 16, groups=4, padding="valid", activation="sigmoid")
    x = conv(x, 12, groups=2, activation="relu", use_bias=False)
    return pooled(inputs, x)


@model
def residual() -> keras.Model:
    inputs = keras.Input(IMAGE)
    x = layers.ReLU()(conv(inputs, 6))
    for width, stride in ((6, 1), (12, 2), (20, 2)):
        y = norm(conv(x, width, strides=stride, use_bias=False))
        y = layers.BatchNormalization()(conv(y, width, use_bias=False))
        pads = (width - x.shape[-1]) // 2
        if stride > 1:
            x = x[:, ::2, ::2, :]
            x = ops.pad(x, [[0, 0], [0, 0], [0, 0], [pads, pads]])
        x = layers.ReLU()(layers.Add()([y, x]))
    return pooled(inputs, x)


@model
def squeeze_excite() -> keras.Model:
    inputs = keras.Input(IMAGE)
    x = norm(conv(inputs, 8), "silu")
    gate = layers.GlobalAveragePooling2D()(x)
    gate = layers.Dense(4, "relu")(layers.Reshape((1, 1, 8))(gate))
    gate = layers.Dense(8, "sigmoid")(gate)
    spatial = conv(x, 1, activation="sigmoid")
    x = layers.Multiply()([x, gate]) * spatial
    return pooled(inputs, conv(x, 6))


@model
def arithmetic() -> keras.Model:
    inputs = keras.Input((6,))
    a, b, c = (layers.Dense(8, f)(inputs) for f in ("sigmoid", "relu", "tanh"))
    x = layers.Average()([a, b]) + layers.Subtract()([b, c]) / 3.0
    y = ops.maximum(ops.sigmoid(a - 1.0), layers.Minimum()([b, c]))
    z = layers.Concatenate()([x, ops.relu(y) * c, ops.square(layers.Maximum()([a, c]))])
    return pooled(inputs, layers.Dense(5, "sigmoid")(z))


@model
def concatenated() -> keras.Model:
    inputs = keras.Input(IMAGE)
    a, b = conv(inputs, 5, activation="sigmoid"), conv(inputs, 7)
    x = layers.Concatenate()([a, layers.ReLU()(b), inputs])
    y = conv(x, 15, 1, activation="sigmoid")
    return pooled(inputs, conv(ops.concatenate([x, y], axis=1), 6, padding="valid"))


@model
def reshaped() -> keras.Model:
    inputs = keras.Input((6,))
    x = layers.Reshape((4, 4, 5))(layers.Dense(80, "sigmoid")(inputs))
    x = conv(x, 8, padding="valid", activation="relu")
    x = layers.Reshape((4, -1))(layers.Permute((2, 1, 3))(x))
    x = layers.Conv1D(6, 2)(ops.reshape(x, (-1, 2, 16)))
    x = layers.RepeatVector(3)(layers.Flatten()(x))
    return pooled(inputs, layers.Dense(7, "relu")(ops.mean(x, axis=1)))


@model
def reduced() -> keras.Model:
    inputs = keras.Input(IMAGE)
    a, b = (conv(inputs, 8, activation=f) for f in ("sigmoid", "relu"))
    ends = [f(a, axis=(1, 2)) for f in (ops.std, ops.var)]
    ends += [ops.prod(x, axis=(1, -2)) / 9.0 for x in (a[:, :2, :2, :] * 2.0, b)]
    # Nearest: a weighted sum is float32 inside, whatever the dtype.
    x = layers.Resizing(6, 7, interpolation="nearest")(ops.sqrt(b))
    x = layers.CenterCrop(5, 4)(x)
    x = ops.sum(ops.swapaxes(ops.log1p(x), 1, 2), axis=1, keepdims=True)
    x = ops.sqrt(ops.amax(ops.moveaxis(x, 2, 1), axis=(1, 2)))
    return pooled(inputs, layers.Concatenate()([*ends, x]))


@model
def split() -> keras.Model:
    inputs = keras.Input(IMAGE)
    a, b = ops.split(conv(inputs, 16, activation="sigmoid"), 2, axis=-1)
    x = a * layers.ReLU()(conv(b, 8))
    x, y, z = ops.split(conv(x, 9, activation="tanh"), [2, 6], axis=-1)
    x = layers.Concatenate()([x, layers.LeakyReLU()(y[..., 1:]), z[:, :, :, -2:], a])
    top, bottom = ops.split(conv(x, 12, activation="gelu"), 2, axis=1)
    return pooled(inputs, (top + bottom)[:, 1:, ..., 3:9])


@model
def normalised_by_channel() -> keras.Model:
    inputs = keras.Input(IMAGE)
    x = layers.GroupNormalization(-1)(conv(inputs, 8, activation="sigmoid"))
    x = layers.GroupNormalization(6, scale=False)(conv(x, 6, activation="gelu"))
    return pooled(inputs, conv(layers.GroupNormalization(3)(x), 5))


@model
def embedded() -> keras.Model:
    first, second = (keras.Input((size,), dtype="int32") for size in (5, None))
    table = layers.Embedding(6, 12)
    ends = [table(ops.absolute(x)) for x in (first, second)]
    ends = [layers.GlobalAveragePooling1D()(layers.Dense(6, "tanh")(x)) for x in ends]
    return pooled([first, second], layers.Subtract()(ends))


@model
def coupled() -> keras.Model:
    inputs = keras.Input((4, 6))
    x = layers.LayerNormalization()(layers.Dense(8, "relu")(inputs))
    x = layers.GroupNormalization(4)(layers.Dense(8, "sigmoid")(x))
    x = layers.MultiHeadAttention(2, 4)(x, layers.Dense(8, "relu")(x))
    x = layers.Dense(6, "softmax")(layers.Dense(8, "relu")(x))
    x = layers.Softmax()(layers.Dense(5)(layers.Dense(7, "sigmoid")(x)))
    x = layers.LSTM(6)(layers.UnitNormalization()(layers.Dense(6)(x)))
    return pooled(inputs, layers.Lambda(lambda t: t[:, ::-1] * t)(x))
