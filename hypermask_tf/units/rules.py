"""Which rule says how units pass through a kind of layer.

A tensor's units are an int array over its last axis: position to unit. Each rule
gets the call of a layer with the arrays of its inputs, registers the units of the
layer's variables with the recorder, and returns the array of its output.
"""

from typing import Any

import keras

from hypermask_tf.units import making_rules as making
from hypermask_tf.units import moving_rules as moving
from hypermask_tf.units import passing_rules as passing
from hypermask_tf.units.recorder import Rule

# By class name: layers (BatchNormalization) and graph nodes of `keras.ops` (Relu).
_NAMES: dict[Rule, str] = {
    making.dense: "Dense Conv1D Conv2D Conv3D",
    making.transposed: "Conv1DTranspose Conv2DTranspose Conv3DTranspose",
    making.depthwise: "DepthwiseConv1D DepthwiseConv2D",
    making.separable: "SeparableConv1D SeparableConv2D",
    making.embedding: "Embedding",
    making.prelu: "PReLU",
    making.activate: "Activation",
    passing.same: (
        "ReLU LeakyReLU ELU Dropout SpatialDropout1D SpatialDropout2D "
        "SpatialDropout3D GaussianDropout GaussianNoise AlphaDropout MaxPooling1D "
        "MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D "
        "AveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D "
        "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D "
        "AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D "
        "AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D "
        "ZeroPadding1D ZeroPadding2D ZeroPadding3D Cropping1D Cropping2D Cropping3D "
        "UpSampling1D UpSampling2D UpSampling3D Resizing CenterCrop RepeatVector "
        "Rescaling Identity ActivityRegularization InputLayer "
        "Relu Relu6 LeakyRelu Elu Selu Celu Gelu Silu HardSilu Sigmoid HardSigmoid "
        "Tanh HardTanh TanhShrink SoftShrink HardShrink Softplus Softsign Threshold "
        "Negative Absolute Square Exp Expm1 Log1p Sin Cos Sign Clip Cast "
        "StopGradient AveragePool MaxPool AdaptiveAveragePool AdaptiveMaxPool"
    ),
    passing.stays_on: "Log Log2 Log10 Sqrt Rsqrt Reciprocal",
    passing.normalization: (
        "BatchNormalization LayerNormalization GroupNormalization RMSNormalization"
    ),
    passing.couples_axis: "Softmax LogSoftmax Sparsemax UnitNormalization",
    passing.couples: "Masking",
    passing.add: "Add Subtract Average",
    passing.together: "Multiply Maximum Minimum",
    passing.divide: "Divide TrueDivide",
    moving.move: " ".join(moving.MOVES),
    moving.pad: "Pad",
    moving.concatenate: "Concatenate",
    moving.reduce: "Mean Sum Max Min Amax Amin Prod Var",
    moving.deviate: "Std",
    moving.reshape: "Flatten Reshape",
}
RULES = {name: rule for rule, names in _NAMES.items() for name in names.split()}


def find(operation: Any) -> Rule | None:
    """The rule for a layer or operation, or None if units are lost in it.

    Subclasses of Keras layers follow their parent's rule only where they are
    Keras's own or this library's: a user's override may do anything.
    """
    for kind in type(operation).__mro__:
        if not kind.__module__.startswith(("keras.", "hypermask_tf.")):
            return None
        if kind in (keras.Layer, keras.layers.Wrapper):
            return None
        if kind.__name__ in RULES:
            return RULES[kind.__name__]
    return None
