"""Which rule a call follows."""

import numbers

import numpy as np

from hypermask_tf.compaction.rules.activations import is_elementwise
from hypermask_tf.compaction.rules.affine import Affine, Dense, Transposed
from hypermask_tf.compaction.rules.barrier import Barrier
from hypermask_tf.compaction.rules.batch_norm import BatchNorm
from hypermask_tf.compaction.rules.channel_norm import ChannelNorm
from hypermask_tf.compaction.rules.channel_slice import ChannelSlice
from hypermask_tf.compaction.rules.concatenate import Concatenate
from hypermask_tf.compaction.rules.depthwise import Depthwise, Separable
from hypermask_tf.compaction.rules.elementwise import Elementwise
from hypermask_tf.compaction.rules.embedding import Embedding
from hypermask_tf.compaction.rules.grouped import Grouped
from hypermask_tf.compaction.rules.leaky import LearnedLeaky
from hypermask_tf.compaction.rules.pad import Pad, pad_widths
from hypermask_tf.compaction.rules.reduction import Reduction
from hypermask_tf.compaction.rules.reshape import Reshape
from hypermask_tf.compaction.rules.split import Split
from hypermask_tf.compaction.rules.structural import Structural
from hypermask_tf.units.step import Step

_MAKERS: dict[str, type[Affine]] = {
    "Dense": Dense,
    **dict.fromkeys(["Conv1D", "Conv2D", "Conv3D"], Affine),
    **dict.fromkeys(
        "Conv1DTranspose Conv2DTranspose Conv3DTranspose".split(), Transposed
    ),
    **dict.fromkeys(["DepthwiseConv1D", "DepthwiseConv2D"], Depthwise),
    **dict.fromkeys(["SeparableConv1D", "SeparableConv2D"], Separable),
}
_ELEMENTWISE_LAYERS = set(
    "Activation ReLU LeakyReLU ELU Dropout SpatialDropout1D SpatialDropout2D "
    "SpatialDropout3D GaussianDropout GaussianNoise AlphaDropout Identity "
    "ActivityRegularization Rescaling Add Subtract Multiply Average Maximum "
    "Minimum".split()
)
_ELEMENTWISE_OPERATIONS = set(
    "Relu Relu6 Sigmoid SparseSigmoid Silu HardSigmoid HardSilu HardTanh Gelu Elu "
    "Selu Celu LeakyRelu Tanh Softplus Softsign SoftShrink HardShrink TanhShrink "
    "Threshold LogSigmoid Squareplus SparsePlus Negative Absolute Abs Square Sqrt "
    "Sign Log1p Sin Cos Erf Exp Expm1 Arctan Clip Cast StopGradient Identity Add "
    "Subtract Multiply Maximum Minimum".split()
)
_DIVISIONS = {"Divide", "TrueDivide"}
_STRUCTURAL_LAYERS = set(
    "Permute RepeatVector "
    "MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D "
    "AveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D "
    "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D "
    "AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D "
    "AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D "
    "ZeroPadding1D ZeroPadding2D ZeroPadding3D Cropping1D Cropping2D Cropping3D "
    "UpSampling1D UpSampling2D UpSampling3D Resizing CenterCrop".split()
)
_STRUCTURAL_OPERATIONS = set(
    "GetItem Mean Max Min Amax Amin Squeeze ExpandDims Transpose Swapaxes Moveaxis "
    "Flip MaxPool AveragePool AdaptiveMaxPool AdaptiveAveragePool".split()
)
_REDUCTIONS = {"Sum", "Prod", "Std", "Var"}
_SPLITS = {"Split", "ArraySplit"}

# Where input and output are as wide as each other, and stay so in wider models.
CHANNEL_KEEPING = (
    _ELEMENTWISE_LAYERS
    | _ELEMENTWISE_OPERATIONS
    | _STRUCTURAL_LAYERS
    | {"BatchNormalization", "PReLU"}
) - {"Permute"}


def find(step: Step, widths: tuple[list[int], list[int]]) -> Barrier:
    """The rule of `step`; a `Barrier` for what has none.

    Args:
        step: The call.
        widths: Sizes of the last axes of its inputs and of its outputs.
    """
    barrier = Barrier(step, widths)
    if not _is_plain(step):
        return barrier
    kind, (wide_in, wide_out) = step.kind, widths
    if _is_elementwise(step, *widths):
        return Elementwise(step, widths)
    ranks = {len(shape) for shape in [*step.input_shapes, *step.output_shapes]}
    if kind == "Concatenate" and len(ranks) == 1:
        return Concatenate(step, widths)
    if len(step.inputs) > 1:  # a mask, for instance
        return barrier
    if kind in _MAKERS and step.is_layer:
        layer = step.operation
        grouped = getattr(layer, "groups", 1) > 1
        return Grouped(step, widths) if grouped else _MAKERS[kind](step, widths)
    if kind == "BatchNormalization" and _normalises_last_axis(step):
        return BatchNorm(step, widths)
    if kind == "GroupNormalization" and _has_a_group_per_channel(step):
        return ChannelNorm(step, widths)
    if kind == "Embedding":
        return Embedding(step, widths)
    if kind == "PReLU":
        return LearnedLeaky(step, widths)
    if kind == "GetItem" and wide_in != wide_out:
        return ChannelSlice(step, widths) if ChannelSlice.applies(step) else barrier
    if kind in _SPLITS:
        # Uneven parts cannot be asked of an `array_split`.
        split = Split(step, widths)
        return barrier if kind == "ArraySplit" and split.of_channels else split
    structural = _STRUCTURAL_LAYERS if step.is_layer else _STRUCTURAL_OPERATIONS
    if kind in structural:
        rule = Structural(step, widths)
        return rule if rule.channelwise else barrier
    if kind in _REDUCTIONS:
        rule = Reduction(step, widths)
        return rule if rule.channelwise else barrier
    if kind in ("Flatten", "Reshape") and Reshape.applies(wide_in[0], wide_out[0]):
        return Reshape(step, widths)
    if kind == "Pad" and _pads_with_a_constant(step):
        return Pad(step, widths)
    return barrier


def _is_plain(step: Step) -> bool:
    """Tensors with channels last, one output, nothing unusual about the call."""
    # The last axis of what an embedding reads is no channels.
    read = [] if step.kind == "Embedding" else step.input_shapes
    shapes, layer = [*read, *step.output_shapes], step.operation
    # Resizing says `training=True` by itself, and means nothing by it.
    in_training = step.in_training and step.kind not in _STRUCTURAL_LAYERS
    return (
        bool(step.kind and step.inputs)
        and (len(step.outputs) == 1 or step.kind in _SPLITS)
        and all(len(shape) > 1 and shape[-1] for shape in shapes)
        and not in_training
        and getattr(layer, "data_format", None) != "channels_first"
        and not getattr(layer, "lora_enabled", False)
        and getattr(layer, "quantization_mode", None) is None
    )


def _is_elementwise(step: Step, wide_in: list[int], wide_out: list[int]) -> bool:
    kind, layer, width = step.kind, step.operation, wide_out[0]
    names = _ELEMENTWISE_LAYERS if step.is_layer else _ELEMENTWISE_OPERATIONS
    ranks = {len(shape) for shape in [*step.input_shapes, *step.output_shapes]}
    scalars = [a for a in step.other_arguments if not isinstance(a, str | type(None))]
    if kind == "Rescaling":
        scalars = [*scalars, layer.scale, layer.offset]
    return (
        (kind in names or _divides_by_a_number(step))
        and (kind != "Activation" or is_elementwise(layer.activation))
        and width in wide_in
        and all(w in (1, width) for w in wide_in)
        and (not step.is_layer or len(ranks) == 1)
        and all(isinstance(a, numbers.Number) or np.size(a) == 1 for a in scalars)
    )


def _divides_by_a_number(step: Step) -> bool:
    """Whether this is x / number; number / x is not finite everywhere."""
    args = step.node.arguments.args
    return (
        step.kind in _DIVISIONS
        and len(args) == 2
        and isinstance(args[1], int | float)
        and args[1] != 0
    )


def _normalises_last_axis(step: Step) -> bool:
    axis, rank = step.operation.axis, len(step.input_shapes[0])
    return isinstance(axis, int) and axis % rank == rank - 1


def _has_a_group_per_channel(step: Step) -> bool:
    channels = step.input_shapes[0][-1]
    return _normalises_last_axis(step) and step.operation.groups == channels


def _pads_with_a_constant(step: Step) -> bool:
    values = [a for a in step.other_arguments if a is not None]
    constant = step.operation.mode == "constant"
    return (
        constant
        and all(isinstance(a, int | float) for a in values)
        and len(pad_widths(step)) == len(step.input_shapes[0])
    )
