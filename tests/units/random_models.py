"""Random Functional models: any layer after any other, residuals, shared parts."""

import keras
import numpy as np
from keras import layers, ops


class RandomModel:
    """Builds one model from a seed.

    Args:
        seed: Of all choices.
        zero_stays: Only layers that make zeros of zeros, with weights of off units
            at zero: an off unit is then exactly zero wherever it is seen.
    """

    image_layers = tuple(
        (
            "conv strided grouped depthwise separable transposed batch_norm layer_norm "
            "activate pool crop drop add multiply gate concatenate shortcut slice nest "
            "spotlight reuse reuse reuse"
        ).split()
    )
    vector_layers = tuple(
        "dense residual_dense reshape shift batch_norm layer_norm".split()
    )

    def __init__(self, seed, zero_stays):
        self._random = np.random.default_rng(seed)
        self._zero_stays = zero_stays
        self._shared = {}
        self.tensors = []

    def build(self, size=12):
        inputs = keras.Input((6, 6, 2))
        self.tensors = [layers.Conv2D(4, 3, padding="same")(inputs)]
        for _ in range(size):
            grow = getattr(self, "_" + self._one_of(self.image_layers))
            # Mostly one of the last, so that the model is deep.
            recent = -min(self._random.geometric(0.6), len(self.tensors))
            self.tensors.append(grow(self.tensors[recent]))
        x = self._to_vector(self.tensors[-1])
        for _ in range(3):
            x = getattr(self, "_" + self._one_of(self.vector_layers))(x)
        return keras.Model(inputs, layers.Dense(3)(x))

    def _one_of(self, choices):
        return choices[self._random.integers(len(choices))]

    def _activation(self):
        smooth = ["tanh", "gelu", "silu", "elu", None]
        if not self._zero_stays:
            smooth += ["sigmoid", "softplus", "softmax", _swish_of_ours]
        return self._one_of(smooth)

    def _filters(self):
        return int(self._one_of([2, 4, 6]))

    def _fit(self, x, like):
        """`x` with the channels of `like`."""
        if x.shape[-1] == like.shape[-1]:
            return x
        return layers.Conv2D(like.shape[-1], 1, activation=self._activation())(x)

    def _to_vector(self, x):
        return self._one_of(
            [layers.GlobalAveragePooling2D(), layers.Flatten(), _mean_of_space]
        )(x)

    # Images: every one of them returns (6, 6, channels).

    def _conv(self, x):
        kwargs = self._one_of([{}, {"dilation_rate": 2}, {"use_bias": False}])
        return layers.Conv2D(
            self._filters(), 3, padding="same", activation=self._activation(), **kwargs
        )(x)

    def _strided(self, x):
        x = layers.Conv2D(self._filters(), 3, strides=2, padding="same")(x)
        return layers.UpSampling2D(2)(x)

    def _grouped(self, x):
        return layers.Conv2D(
            self._filters(), 3, padding="same", groups=2, activation=self._activation()
        )(x if x.shape[-1] % 2 == 0 else self._conv(x))

    def _depthwise(self, x):
        return layers.DepthwiseConv2D(
            3, padding="same", depth_multiplier=self._one_of([1, 2])
        )(x)

    def _separable(self, x):
        return layers.SeparableConv2D(
            self._filters(), 3, padding="same", activation=self._activation()
        )(x)

    def _transposed(self, x):
        return layers.Conv2DTranspose(self._filters(), 3, strides=2, padding="same")(
            layers.AveragePooling2D(2)(x)
        )

    def _batch_norm(self, x):
        return layers.BatchNormalization()(x)

    def _layer_norm(self, x):
        return self._one_of(
            [layers.LayerNormalization(), layers.GroupNormalization(groups=1)]
        )(x)

    def _activate(self, x):
        return layers.Activation(self._activation() or "linear")(x)

    def _pool(self, x):
        return layers.UpSampling2D(2)(layers.MaxPooling2D(2)(x))

    def _crop(self, x):
        return layers.Cropping2D(1)(layers.ZeroPadding2D(1)(x))

    def _drop(self, x):
        return layers.SpatialDropout2D(0.5)(x)

    def _add(self, x):
        other = self._one_of(self.tensors)
        merge = self._one_of([_add, _average, _difference])
        return merge(self._fit(other, x), x)

    def _multiply(self, x):
        other = self._fit(self._one_of(self.tensors), x)
        return layers.Multiply()([x, other])

    def _gate(self, x):
        squeezed = layers.GlobalAveragePooling2D(keepdims=True)(x)
        return x * layers.Conv2D(x.shape[-1], 1, activation="sigmoid")(squeezed)

    def _concatenate(self, x):
        return layers.Concatenate()([x, self._one_of(self.tensors)])

    def _shortcut(self, x):
        y = layers.Conv2D(x.shape[-1] + 3, 3, strides=2, padding="same")(x)
        x = ops.pad(x[:, ::2, ::2, :], [[0, 0], [0, 0], [0, 0], [1, 2]])
        return layers.UpSampling2D(2)(layers.Add()([y, x]))

    def _slice(self, x):
        return x[..., : max(x.shape[-1] - 1, 1)]

    def _reuse(self, x):
        """One convolution, one normalisation for all images with as many channels."""
        key = self._one_of(["conv", "depthwise", "norm"])
        make = {
            "conv": lambda: layers.Conv2D(4, 3, padding="same", activation="tanh"),
            "depthwise": lambda: layers.DepthwiseConv2D(3, padding="same"),
            "norm": layers.BatchNormalization,
        }
        layer = self._shared.setdefault((key, x.shape[-1]), make[key]())
        return layer(x)

    def _spotlight(self, x):
        return x * layers.Conv2D(1, 1, activation="tanh")(x)

    def _nest(self, x):
        inside = keras.Input((6, 6, x.shape[-1]))
        y = self._batch_norm(self._conv(inside))
        if y.shape[-1] == x.shape[-1]:
            y = y + inside
        return keras.Model(inside, y)(x)

    # Vectors.

    def _dense(self, x):
        return layers.Dense(self._filters(), activation=self._activation())(x)

    def _residual_dense(self, x):
        return layers.Add()([x, layers.Dense(x.shape[-1], "tanh")(self._dense(x))])

    def _reshape(self, x):
        return layers.Flatten()(layers.Dense(3)(layers.Reshape((1, -1))(x)))

    def _shift(self, x):
        return x if self._zero_stays else x + 0.7


def _swish_of_ours(x):
    return x * ops.sigmoid(1.3 * x)


def _add(x, y):
    return layers.Add()([x, y])


def _average(x, y):
    return layers.Average()([x, y])


def _difference(x, y):
    return x - 0.6 * y  # a factor, so that nothing cancels if both are the same


def _mean_of_space(x):
    return ops.mean(x, axis=(1, 2))
