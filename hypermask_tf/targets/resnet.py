"""The residual network of the paper's CIFAR-100 and Tiny ImageNet experiments."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from hypermask_tf.normalization import TransductiveBatchNormalization
from hypermask_tf.targets.initial import initial

Tensor = Any

_NORMS = {
    "batch": layers.BatchNormalization,
    "transductive": TransductiveBatchNormalization,
}
NORMS = (*_NORMS, "none")


def resnet(
    input_shape: Sequence[int],
    classes: int = 10,
    blocks: int = 3,
    widening: int = 1,
    norm: str = "batch",
    filters: Sequence[int] = (16, 16, 32, 64),
    initializer: str = "authors",
    name: str = "resnet",
) -> keras.Model:
    """A residual network for small images; ResNet-20 with three blocks a group.

    A convolution to the first number of maps, then groups of blocks of two 3x3
    convolutions; every group but the first halves height and width. Each
    convolution has a bias and is followed by batch norm and ReLU; what enters a
    block is added before its last ReLU. Where the shapes differ, every second pixel
    is taken, and maps of zeros stand before and behind: a shortcut has no weights.
    The maps are averaged over the image, and a dense layer gives the logits.

    Args:
        input_shape: `(height, width, channels)`.
        classes: Width of the output, one head shared by all tasks.
        blocks: Blocks in each group, n: there are 6n + 2 layers with kernels.
        widening: Factor k on the maps of all groups, not of the first convolution.
        norm: What stands behind every convolution: `"batch"`, batch norm;
            `"transductive"`, batch norm that uses the batch at hand even in
            evaluation, as the authors' does; or `"none"`.
        filters: Maps of the first convolution, then of each group before widening.
        initializer: `"authors"`: weights and biases uniform in ±1/sqrt(fan_in);
            `"keras"`: Glorot kernels, zero biases.
        name: Name of the model.

    Returns:
        A Functional model from `(batch, *input_shape)` to `(batch, classes)`.

    Raises:
        ValueError: If the input is no image, a number is not positive, a group has
            fewer maps than the one before, or a name is unknown.

    Example:

    >>> resnet((32, 32, 3), blocks=1).output_shape
    (None, 10)

    Reference: HyperMask, arXiv 2310.00113, section 5 (three blocks, widening 2);
    He et al., arXiv 1512.03385, section 4.2, with option A for shortcuts.
    """
    filters = tuple(filters)
    widths = [width * widening for width in filters[1:]]
    _check(tuple(input_shape), classes, blocks, widening, filters)
    if norm not in NORMS:
        raise ValueError(
            f"`norm` must be one of {list(NORMS)}. Received: norm={norm!r}"
        )
    inputs = keras.Input(tuple(input_shape), name="image")
    x = _convolution(inputs, filters[0], 1, norm, initializer, "stem")
    x = layers.ReLU(name="stem_relu")(x)
    for group, width in enumerate(widths):
        for block in range(blocks):
            stride = 2 if group > 0 and block == 0 else 1
            prefix = f"group_{group}_block_{block}"
            x = _block(x, width, stride, norm, initializer, prefix)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    outputs = layers.Dense(classes, name="logits", **initial(initializer, x.shape[-1]))(
        x
    )
    return keras.Model(inputs, outputs, name=name)


def _check(
    input_shape: tuple[int, ...],
    classes: int,
    blocks: int,
    widening: int,
    filters: tuple[int, ...],
) -> None:
    if len(input_shape) != 3:
        raise ValueError(
            "`input_shape` must be (height, width, channels). "
            f"Received: input_shape={input_shape}"
        )
    if min(classes, blocks, widening) < 1:
        raise ValueError(
            "`classes`, `blocks` and `widening` must be positive. Received: "
            f"classes={classes}, blocks={blocks}, widening={widening}"
        )
    widths = (*filters[:1], *(width * widening for width in filters[1:]))
    if len(filters) < 2 or filters[0] < 1 or list(widths) != sorted(widths):
        raise ValueError(
            "`filters` must hold the maps of the first convolution and of one group "
            "or more, none fewer than before: a shortcut can add maps, not drop them. "
            f"Received: filters={filters}, widening={widening}"
        )


def _block(
    x: Tensor, width: int, stride: int, norm: str, initializer: str, name: str
) -> Tensor:
    options = (norm, initializer)
    short = _shortcut(x, width, stride)
    x = _convolution(x, width, stride, *options, f"{name}_first")
    x = layers.ReLU(name=f"{name}_first_relu")(x)
    x = _convolution(x, width, 1, *options, f"{name}_second")
    x = layers.Add(name=f"{name}_add")([x, short])
    return layers.ReLU(name=f"{name}_relu")(x)


def _convolution(
    x: Tensor, width: int, stride: int, norm: str, initializer: str, name: str
) -> Tensor:
    fan_in = 9 * x.shape[-1]
    if stride > 1:
        # "same" would pad a strided convolution on one side only.
        x = layers.ZeroPadding2D(1, name=f"{name}_pad")(x)
    x = layers.Conv2D(
        width,
        3,
        stride,
        padding="valid" if stride > 1 else "same",
        name=name,
        **initial(initializer, fan_in),
    )(x)
    if norm == "none":
        return x
    return _NORMS[norm](momentum=0.9, epsilon=1e-5, name=f"{name}_norm")(x)


def _shortcut(x: Tensor, width: int, stride: int) -> Tensor:
    """Every `stride`-th pixel of `x`, between maps of zeros."""
    if stride > 1:
        x = x[:, ::stride, ::stride, :]
    missing = width - x.shape[-1]
    if missing:
        before = missing // 2
        x = keras.ops.pad(x, [[0, 0], [0, 0], [0, 0], [before, missing - before]])
    return x
