"""Small models with each kind of layer and operation that has a rule."""

import keras
from keras import layers, ops

from hypermask_tf.normalization.transductive_batch_normalization import (
    TransductiveBatchNormalization,
)

_LINE, _IMAGE, _VOLUME = (6, 2), (6, 6, 2), (4, 4, 4, 2)


def _simple(names, shape, *args, **kwargs):
    return {
        name: (shape, lambda x, n=name: getattr(layers, n)(*args, **kwargs)(x))
        for name in names.split()
    }


# Name: shape of the input, and what stands between two layers with weights.
KINDS = {
    **_simple("Conv1D SeparableConv1D Conv1DTranspose", _LINE, 6, 3),
    **_simple("Conv2D SeparableConv2D Conv2DTranspose", _IMAGE, 6, 3),
    **_simple("Conv3D Conv3DTranspose", _VOLUME, 6, 3),
    **_simple("DepthwiseConv1D", _LINE, 3),
    **_simple("DepthwiseConv2D", _IMAGE, 3, activation="tanh"),
    **_simple("Dense", _IMAGE, 5, activation="tanh"),
    **_simple(
        "ELU LeakyReLU PReLU Identity Masking Flatten ActivityRegularization "
        "LayerNormalization BatchNormalization RMSNormalization "
        "UnitNormalization Softmax ZeroPadding2D UpSampling2D MaxPooling2D "
        "GlobalMaxPooling2D GlobalAveragePooling2D",
        _IMAGE,
        **{},
    ),
    **_simple("MaxPooling1D ZeroPadding1D Cropping1D", _LINE),
    **_simple("GlobalMaxPooling1D GlobalAveragePooling1D UpSampling1D", _LINE),
    **_simple("MaxPooling3D ZeroPadding3D Cropping3D", _VOLUME),
    **_simple("GlobalMaxPooling3D GlobalAveragePooling3D UpSampling3D", _VOLUME),
    **_simple("Dropout AlphaDropout GaussianDropout GaussianNoise", _IMAGE, 0.5),
    **_simple("SpatialDropout1D", _LINE, 0.5),
    **_simple("SpatialDropout2D", _IMAGE, 0.5),
    **_simple("SpatialDropout3D", _VOLUME, 0.5),
    **_simple("AdaptiveAveragePooling1D AdaptiveMaxPooling1D", _LINE, 2),
    **_simple("AdaptiveAveragePooling2D AdaptiveMaxPooling2D", _IMAGE, 2),
    **_simple("AdaptiveAveragePooling3D AdaptiveMaxPooling3D", _VOLUME, 2),
    **_simple("Resizing CenterCrop", _IMAGE, 4, 4),
    **_simple("Cropping2D Rescaling", _IMAGE, 1),
    **_simple("AveragePooling1D", _LINE, 2),
    **_simple("AveragePooling2D GroupNormalization", _IMAGE, 2),
    **_simple("AveragePooling3D", _VOLUME, 2),
    **_simple("RepeatVector", (5,), 3),
    **_simple("Activation", _IMAGE, "gelu"),
    **_simple("Permute", _IMAGE, (2, 1, 3)),
    **_simple("Reshape", _IMAGE, (-1, 12)),
}
VARIANTS = {
    "depthwise, more": (
        _IMAGE,
        lambda x: layers.DepthwiseConv2D(2, depth_multiplier=3)(x),
    ),
    "grouped": (_IMAGE, lambda x: layers.Conv2D(8, 3, groups=2)(x)),
    "grouped 1d": (
        _LINE,
        lambda x: layers.Conv1D(4, 2, groups=4, activation="tanh")(x),
    ),
    "grouped 3d": (_VOLUME, lambda x: layers.Conv3D(6, 2, groups=2)(x)),
    "dilated": (_IMAGE, lambda x: layers.Conv2D(5, 3, dilation_rate=2)(x)),
    "strided": (_IMAGE, lambda x: layers.Conv2D(5, 3, strides=2)(x)),
    "separable, more": (
        _IMAGE,
        lambda x: layers.SeparableConv2D(5, 3, depth_multiplier=2)(x),
    ),
    "instance norm": (_IMAGE, lambda x: layers.GroupNormalization(-1)(x)),
    "softmax in space": (_IMAGE, lambda x: layers.Softmax(axis=(1, 2))(x)),
    "layer norm in space": (_IMAGE, lambda x: layers.LayerNormalization(axis=1)(x)),
    "layer norm of all": (
        _IMAGE,
        lambda x: layers.LayerNormalization(axis=(1, 2, 3))(x),
    ),
    "batch norm in space": (_IMAGE, lambda x: layers.BatchNormalization(axis=1)(x)),
    "batch statistics": (_IMAGE, lambda x: TransductiveBatchNormalization()(x)),
    "renorm": (_IMAGE, lambda x: layers.BatchNormalization(renorm=True)(x)),
    "shared slope": (_IMAGE, lambda x: layers.PReLU(shared_axes=[1, 2, 3])(x)),
    "slopes per channel": (_IMAGE, lambda x: layers.PReLU(shared_axes=[1, 2])(x)),
    "layer as activation": (_IMAGE, lambda x: layers.Dense(4, layers.PReLU())(x)),
    "activation of one's own": (
        _IMAGE,
        lambda x: layers.Conv2D(4, 3, activation=lambda y: y * ops.sigmoid(y))(x),
    ),
    "activation that flips": (
        _IMAGE,
        lambda x: layers.Conv2D(4, 3, activation=lambda y: y[..., ::-1] + 0.1)(x),
    ),
    "softmax as activation": (_IMAGE, lambda x: layers.Dense(4, "softmax")(x)),
}
OPERATIONS = {
    "strides": lambda x: x[:, ::2, 1::2, :],
    "channel slice": lambda x: x[..., 1:3],
    "reversed": lambda x: x[..., ::-1],
    "one row": lambda x: x[:, 2],
    "one channel": lambda x: x[..., 1],
    "new axis": lambda x: x[:, None],
    "new last axis": lambda x: x[..., None],
    "pad space": lambda x: ops.pad(x, [[0, 0], [1, 1], [2, 0], [0, 0]]),
    "pad channels": lambda x: ops.pad(x, [[0, 0], [0, 0], [0, 0], [2, 3]]),
    "pad ones": lambda x: ops.pad(
        x, [[0, 0], [0, 0], [0, 0], [2, 3]], constant_values=1.0
    ),
    "pad reflections": lambda x: ops.pad(
        x, [[0, 0], [0, 0], [0, 0], [1, 1]], mode="reflect"
    ),
    "split": lambda x: ops.split(x, 2, axis=-1)[1],
    "split in space": lambda x: ops.split(x, 2, axis=1)[1],
    "split and join": lambda x: ops.concatenate(
        ops.split(x, [1], axis=-1)[::-1], axis=-1
    ),
    "join in space": lambda x: ops.concatenate([x, ops.tanh(x)], axis=1),
    "add a constant": lambda x: 1.5 + x,
    "add a vector": lambda x: x + ops.ones((4,)),
    "add": lambda x: x + ops.tanh(x),
    "subtract": lambda x: 1.0 - x,
    "add of padded": lambda x: layers.Add()(
        [layers.Dense(9)(x), ops.pad(x, [[0, 0], [0, 0], [0, 0], [2, 3]])]
    ),
    "product of padded": lambda x: layers.Multiply()(
        [layers.Dense(9)(x), ops.pad(x, [[0, 0], [0, 0], [0, 0], [2, 3]])]
    ),
    "average of padded": lambda x: layers.Average()(
        [
            ops.pad(x, [[0, 0], [0, 0], [0, 0], [2, 3]]),
            layers.Dense(9)(x),
            ops.pad(x, [[0, 0], [0, 0], [0, 0], [4, 1]]),
        ]
    ),
    "multiply": lambda x: x * ops.sigmoid(layers.Dense(4)(x)),
    "multiply by a mask in space": lambda x: x * layers.Dense(1)(x),
    "add one channel to all": lambda x: layers.Add()([x, layers.Dense(1)(x)]),
    "one channel becomes many": lambda x: x[..., :1] * ops.ones((5,)),
    "maximum": lambda x: ops.maximum(x, layers.Dense(4)(x)),
    "minimum": lambda x: layers.Minimum()([x, layers.Dense(4)(x)]),
    "divide": lambda x: ops.divide(layers.Dense(4)(x), 2 + ops.square(x)),
    "constant over": lambda x: 1.0 / (2 + ops.square(x)),
    "log": lambda x: ops.log(2 + ops.square(x)),
    "reshape": lambda x: ops.reshape(x, (-1, 36, 4)),
    "reshape to one axis": lambda x: ops.reshape(x, (-1, 144)),
    "reshape apart": lambda x: ops.reshape(x, (-1, 36, 2, 2)),
    "mean": lambda x: ops.mean(x, axis=(1, 2)),
    "mean of channels": lambda x: ops.mean(x, axis=-1),
    "max": lambda x: ops.max(x, axis=[1, 2], keepdims=True),
    "sum and variance": lambda x: ops.sum(x, axis=1) * ops.var(x, axis=2),
    "activations": lambda x: ops.gelu(ops.leaky_relu(ops.silu(-x))),
    "transpose": lambda x: ops.transpose(x, (0, 2, 1, 3)),
    "transpose channels": lambda x: ops.transpose(x, (0, 3, 1, 2)),
    "swap": lambda x: ops.swapaxes(x, 1, 2),
    "move": lambda x: ops.moveaxis(x, 1, 2),
    "flip channels": lambda x: ops.flip(x, axis=-1),
    "squeeze": lambda x: ops.squeeze(x[:, :1], axis=1),
    "expand": lambda x: ops.expand_dims(x, axis=2),
    "pool": lambda x: ops.average_pool(x, 2),
    "softmax": lambda x: ops.softmax(x),
    "clip": lambda x: ops.clip(x, -10.0, 10.0),
    "cast": lambda x: ops.stop_gradient(ops.cast(x, "float32")) + x,
    "parts": lambda x: ops.concatenate(ops.array_split(x, 3, axis=-1), axis=-1),
    "parts of places": lambda x: ops.array_split(x, 2, axis=1)[0],
    "true divide": lambda x: ops.true_divide(x, 3.0),
    "product of places": lambda x: ops.prod(x[:, :2], axis=(1, 2)),
    "smallest": lambda x: ops.min(x, axis=1) + ops.amin(ops.amax(x, axis=1), axis=0),
    "deviation": lambda x: ops.std(x, axis=1),
    "roots": lambda x: ops.sqrt(2 + x) * ops.rsqrt(2 + x) * ops.reciprocal(2 + x),
    "logarithms": lambda x: ops.log2(2 + x) + ops.log10(2 + x),
    "largest of places": lambda x: ops.max_pool(x, 2),
    "softmaxes": lambda x: ops.log_softmax(x) + ops.sparsemax(x),
    "no rule": lambda x: ops.cumsum(x, axis=-1),
}


_UNARY = (
    "relu relu6 leaky_relu elu selu celu gelu silu hard_silu sigmoid hard_sigmoid tanh "
    "hard_tanh tanh_shrink soft_shrink hard_shrink softplus softsign threshold "
    "absolute square exp expm1 sin cos sign log1p arctan erf log_sigmoid sparse_plus "
    "sparse_sigmoid squareplus"
).split()


def _side_by_side(names):
    """The operations next to each other, each on a dense layer of its own."""

    def between(x):
        arguments = {"threshold": (0.5, 0.1)}
        x = layers.Dense(4, "sigmoid")(x)
        return layers.Concatenate()(
            [
                getattr(ops, n)(layers.Dense(4, "tanh")(x), *arguments.get(n, ()))
                for n in names
            ]
        )

    return between


# Where a change of a unit may not show, as behind a ReLU.
TOGETHER = {
    "ReLU": lambda x: layers.ReLU()(x),
    **{f"operations {i}": _side_by_side(_UNARY[i::4]) for i in range(4)},
}


def embedding():
    inputs = keras.Input((6,), dtype="int32")
    x = layers.GlobalAveragePooling1D()(layers.Embedding(5, 4)(inputs))
    return keras.Model(inputs, layers.Dense(3)(x))


def between(shape, layer):
    """A model with a layer or operation between two dense layers."""
    inputs = keras.Input(shape)
    x = layers.Dense(4, "tanh", name="first")(inputs)
    x = layer(x)
    x = layers.Dense(5, "tanh", name="second")(x)
    if len(x.shape) > 2:
        x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(3, name="logits")(x))


def _model(example):
    return lambda: between(*example)


EXAMPLES = {
    **{name: _model(example) for name, example in (KINDS | VARIANTS).items()},
    **{name: _model((_IMAGE, op)) for name, op in (OPERATIONS | TOGETHER).items()},
    "embedding": embedding,
}
