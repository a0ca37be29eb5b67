"""Small models, one for each thing that compaction must know."""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers, ops

IMAGE = (8, 8, 3)
MODELS: dict[str, Callable[[], keras.Model]] = {}


def _model(build: Callable[[], keras.Model]) -> Callable[[], keras.Model]:
    MODELS[build.__name__.strip("_")] = build
    return build


def _conv(x: Any, filters: int, size: int = 3, **kwargs: Any) -> Any:
    return layers.Conv2D(filters, size, **{"padding": "same", **kwargs})(x)


def _norm(x: Any, activation: str = "relu") -> Any:
    return layers.Activation(activation)(layers.BatchNormalization()(x))


def _pooled(inputs: Any, x: Any) -> keras.Model:
    if len(x.shape) > 2:
        average = layers.GlobalAveragePooling1D()
        x = average(layers.Reshape((-1, x.shape[-1]))(x))
    return keras.Model(inputs, layers.Dense(3, name="logits")(x))


def _dense(activation: str) -> keras.Model:
    inputs = x = keras.Input((6,))
    for width in (12, 10, 8):
        x = layers.Dense(width, activation)(x)
    return _pooled(inputs, x)


def _convolutions(activation: str) -> keras.Model:
    inputs = keras.Input(IMAGE)
    x = _norm(_conv(inputs, 8, use_bias=False), activation)
    x = layers.AveragePooling2D(2, padding="same")(x)
    x = _norm(_conv(x, 8, padding="valid", use_bias=False), activation)
    return _pooled(inputs, layers.Dense(6, "tanh")(layers.Flatten()(x)))


for _name in ("relu", "sigmoid", "gelu"):
    MODELS[f"dense_{_name}"] = lambda name=_name: _dense(name)
    MODELS[f"convolutions_{_name}"] = lambda name=_name: _convolutions(name)


@_model
def one_dimension() -> keras.Model:
    inputs = keras.Input((12, 3))
    x = layers.Conv1D(8, 3, padding="causal", activation="sigmoid")(inputs)
    x = layers.Conv1D(8, 3, dilation_rate=2, activation="tanh")(x)
    x = layers.SeparableConv1D(6, 3, depth_multiplier=2, activation="selu")(x)
    x = layers.DepthwiseConv1D(3, padding="same", depth_multiplier=2)(x)
    x = layers.Conv1DTranspose(5, 3, strides=2)(layers.UpSampling1D()(x))
    x = layers.MaxPooling1D()(layers.ZeroPadding1D()(layers.Cropping1D()(x)))
    return keras.Model(inputs, layers.Dense(3)(layers.Flatten()(x)))


@_model
def two_dimensions() -> keras.Model:
    inputs = keras.Input(IMAGE)
    x = layers.Dropout(0.3)(_conv(inputs, 8, strides=2, activation="softplus"))
    x = layers.SpatialDropout2D(0.2)(_conv(x, 8, padding="valid"))
    x = layers.PReLU(shared_axes=(1, 2))(x)
    x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    x = layers.Conv2DTranspose(6, 3, padding="same", activation="sigmoid")(x)
    x = layers.PReLU()(layers.ZeroPadding2D()(x))
    x = _conv(layers.Rescaling(0.5, offset=0.3)(x), 5, padding="valid")
    return _pooled(inputs, layers.GlobalMaxPooling2D()(x))


@_model
def three_dimensions() -> keras.Model:
    inputs = keras.Input((4, 4, 4, 2))
    x = layers.Conv3D(8, 2, activation="sigmoid")(inputs)
    x = layers.AveragePooling3D(2, padding="same")(layers.ReLU(6.0)(x))
    x = layers.Conv3DTranspose(6, 2, strides=2, activation="elu")(x)
    x = layers.GlobalAveragePooling3D()(layers.Cropping3D()(x))
    return _pooled(inputs, x)


@_model
def depthwise() -> keras.Model:
    inputs = keras.Input(IMAGE)
    x = _norm(_conv(inputs, 8, 1, use_bias=False), "sigmoid")
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False)(x)
    x = layers.SeparableConv2D(6, 3, activation="sigmoid", use_bias=False)(x)
    x = layers.DepthwiseConv2D(3, padding="same", activation="tanh")(x)
    return _pooled(inputs, _norm(_conv(x, 8, 1), "gelu"))


@_model
def grouped() -> keras.Model:
    inputs = keras.Input(IMAGE)
    x = _conv(inputs, 8, activation="sigmoid")
    x = _conv(x, 16, groups=4, padding="valid", activation="sigmoid")
    x = _conv(x, 12, groups=2, activation="relu", use_bias=False)
    return _pooled(inputs, x)


@_model
def residual() -> keras.Model:
    inputs = keras.Input(IMAGE)
    x = layers.ReLU()(_conv(inputs, 6))
    for width, stride in ((6, 1), (12, 2), (20, 2)):
        y = _norm(_conv(x, width, strides=stride, use_bias=False))
        y = layers.BatchNormalization()(_conv(y, width, use_bias=False))
        pads = (width - x.shape[-1]) // 2
        if stride > 1:
            x = x[:, ::2, ::2, :]
            x = ops.pad(x, [[0, 0], [0, 0], [0, 0], [pads, pads]])
        x = layers.ReLU()(layers.Add()([y, x]))
    return _pooled(inputs, x)


@_model
def squeeze_excite() -> keras.Model:
    inputs = keras.Input(IMAGE)
    x = _norm(_conv(inputs, 8), "silu")
    gate = layers.GlobalAveragePooling2D()(x)
    gate = layers.Dense(4, "relu")(layers.Reshape((1, 1, 8))(gate))
    gate = layers.Dense(8, "sigmoid")(gate)
    spatial = _conv(x, 1, activation="sigmoid")
    x = layers.Multiply()([x, gate]) * spatial
    return _pooled(inputs, _conv(x, 6))


@_model
def arithmetic() -> keras.Model:
    inputs = keras.Input((6,))
    a, b, c = (layers.Dense(8, f)(inputs) for f in ("sigmoid", "relu", "tanh"))
    x = layers.Average()([a, b]) + layers.Subtract()([b, c]) / 3.0
    y = ops.maximum(ops.sigmoid(a - 1.0), layers.Minimum()([b, c]))
    z = layers.Concatenate()([x, ops.relu(y) * c, ops.square(layers.Maximum()([a, c]))])
    return _pooled(inputs, layers.Dense(5, "sigmoid")(z))


@_model
def concatenated() -> keras.Model:
    inputs = keras.Input(IMAGE)
    a, b = _conv(inputs, 5, activation="sigmoid"), _conv(inputs, 7)
    x = layers.Concatenate()([a, layers.ReLU()(b), inputs])
    y = _conv(x, 15, 1, activation="sigmoid")
    return _pooled(inputs, _conv(ops.concatenate([x, y], axis=1), 6, padding="valid"))


@_model
def reshaped() -> keras.Model:
    inputs = keras.Input((6,))
    x = layers.Reshape((4, 4, 5))(layers.Dense(80, "sigmoid")(inputs))
    x = _conv(x, 8, padding="valid", activation="relu")
    x = layers.Reshape((4, -1))(layers.Permute((2, 1, 3))(x))
    x = layers.Conv1D(6, 2)(ops.reshape(x, (-1, 2, 16)))
    x = layers.RepeatVector(3)(layers.Flatten()(x))
    return _pooled(inputs, layers.Dense(7, "relu")(ops.mean(x, axis=1)))


@_model
def reduced() -> keras.Model:
    inputs = keras.Input(IMAGE)
    a, b = (_conv(inputs, 8, activation=f) for f in ("sigmoid", "relu"))
    ends = [f(a, axis=(1, 2)) for f in (ops.std, ops.var)]
    ends += [ops.prod(x, axis=(1, -2)) / 9.0 for x in (a[:, :2, :2, :] * 2.0, b)]
    # Nearest: a weighted sum is float32 inside, whatever the dtype.
    x = layers.Resizing(6, 7, interpolation="nearest")(ops.sqrt(b))
    x = layers.CenterCrop(5, 4)(x)
    x = ops.sum(ops.swapaxes(ops.log1p(x), 1, 2), axis=1, keepdims=True)
    x = ops.sqrt(ops.amax(ops.moveaxis(x, 2, 1), axis=(1, 2)))
    return _pooled(inputs, layers.Concatenate()([*ends, x]))


@_model
def split() -> keras.Model:
    inputs = keras.Input(IMAGE)
    a, b = ops.split(_conv(inputs, 16, activation="sigmoid"), 2, axis=-1)
    x = a * layers.ReLU()(_conv(b, 8))
    x, y, z = ops.split(_conv(x, 9, activation="tanh"), [2, 6], axis=-1)
    x = layers.Concatenate()([x, layers.LeakyReLU()(y[..., 1:]), z[:, :, :, -2:], a])
    top, bottom = ops.split(_conv(x, 12, activation="gelu"), 2, axis=1)
    return _pooled(inputs, (top + bottom)[:, 1:, ..., 3:9])


@_model
def normalised_by_channel() -> keras.Model:
    inputs = keras.Input(IMAGE)
    x = layers.GroupNormalization(-1)(_conv(inputs, 8, activation="sigmoid"))
    x = layers.GroupNormalization(6, scale=False)(_conv(x, 6, activation="gelu"))
    return _pooled(inputs, _conv(layers.GroupNormalization(3)(x), 5))


@_model
def embedded() -> keras.Model:
    first, second = (keras.Input((size,), dtype="int32") for size in (5, None))
    table = layers.Embedding(6, 12)
    ends = [table(ops.absolute(x)) for x in (first, second)]
    ends = [layers.GlobalAveragePooling1D()(layers.Dense(6, "tanh")(x)) for x in ends]
    return _pooled([first, second], layers.Subtract()(ends))


@_model
def coupled() -> keras.Model:
    inputs = keras.Input((4, 6))
    x = layers.LayerNormalization()(layers.Dense(8, "relu")(inputs))
    x = layers.GroupNormalization(4)(layers.Dense(8, "sigmoid")(x))
    x = layers.MultiHeadAttention(2, 4)(x, layers.Dense(8, "relu")(x))
    x = layers.Dense(6, "softmax")(layers.Dense(8, "relu")(x))
    x = layers.Softmax()(layers.Dense(5)(layers.Dense(7, "sigmoid")(x)))
    x = layers.LSTM(6)(layers.UnitNormalization()(layers.Dense(6)(x)))
    return _pooled(inputs, layers.Lambda(lambda t: t[:, ::-1] * t)(x))


@_model
def shared() -> keras.Model:
    first, second = keras.Input((6,)), keras.Input((6,))
    twice, norm = layers.Dense(8, "sigmoid"), layers.BatchNormalization()
    relu = layers.ReLU()
    a, b = norm(twice(first)), norm(twice(second))
    x = layers.Concatenate()([relu(a), b])
    loop = layers.Dense(16, "tanh")
    return _pooled([first, second], relu(loop(loop(x))))


@_model
def nested() -> keras.Model:
    inner_inputs = keras.Input((8, 8, 6))
    x = layers.Flatten()(_norm(_conv(inner_inputs, 5, padding="valid"), "sigmoid"))
    deep = keras.Sequential([keras.Input((180,)), layers.Dense(9, "sigmoid")])
    inner = keras.Model(inner_inputs, layers.Dense(7, "relu")(deep(x)), name="inner")
    inputs = keras.Input(IMAGE)
    a, b = (inner(_conv(inputs, 6, activation=f)) for f in ("relu", "sigmoid"))
    return _pooled(inputs, layers.Add()([a, b]))


@_model
def transferred() -> keras.Model:
    inner_inputs = keras.Input((8, 8, 6))
    x = layers.Dropout(0.5)(_norm(_conv(inner_inputs, 8), "sigmoid"))
    deep = keras.Sequential([keras.Input((8, 8, 8)), layers.Conv2D(5, 3)])
    inner = keras.Model(inner_inputs, deep(x, training=False), name="inner")
    inputs = keras.Input(IMAGE)
    x = _conv(inputs, 6, activation="relu")
    return _pooled(inputs, inner(x, training=False) * inner(_conv(x, 6)))


@_model
def sequential() -> keras.Model:
    head = [layers.Flatten(), layers.Dense(8, "sigmoid"), layers.Dense(3)]
    body = [keras.Input((4, 4, 6)), layers.Conv2D(8, 2), layers.BatchNormalization()]
    conv = layers.Conv2D(6, 5, activation="tanh")
    return keras.Sequential([keras.Input(IMAGE), conv, keras.Sequential(body), *head])


@_model
def several_outputs() -> keras.Model:
    inputs = {"a": keras.Input((6,), name="a"), "b": keras.Input((4,), name="b")}
    x = layers.Dense(8, "relu", name="kept")(inputs["a"])
    y = layers.Dense(8, "sigmoid")(layers.Concatenate()([x, inputs["b"]]))
    return keras.Model(inputs, {"x": x, "y": layers.Dense(2)(x + y)})
