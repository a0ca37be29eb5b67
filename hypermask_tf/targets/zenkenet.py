"""The plain convolutional network of the paper, after Zenke et al."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from hypermask_tf.targets.initial import initial

Tensor = Any

# From this size on, the network of the Tiny ImageNet experiments.
_LARGE = 64
# The smallest image of which pooling leaves something.
_SMALLEST = 10


def zenkenet(
    input_shape: Sequence[int],
    classes: int = 10,
    initializer: str = "keras",
    dropout: bool = True,
    name: str = "zenkenet",
) -> keras.Model:
    """Two stages of two convolutions with pooling and dropout, then dense layers.

    A stage is a 3x3 convolution with padding, one without, each with ReLU, max
    pooling by 2, and dropout of a quarter of the maps. The paper's two networks
    differ in their widths: for images below 64x64 (CIFAR-100) the stages have 32 and
    64 maps, and a dense layer of 512 with ReLU and dropout of one half stands before
    the last; for larger ones (Tiny ImageNet) both stages have 64 maps, and the last
    dense layer reads them directly.

    Args:
        input_shape: `(height, width, channels)`, of 10 x 10 pixels or more.
        classes: Width of the output, one head shared by all tasks.
        initializer: `"keras"`: Glorot kernels, zero biases; `"authors"`: weights and
            biases uniform in ±1/sqrt(fan_in). Without batch norm these let signals
            fade from layer to layer; under sparse unit masks learning may then take
            long to begin.
        dropout: Whether there is any. In the authors' code it acts in the first step
            of each task only, so their figures are nearly those of a network without.
        name: Name of the model.

    Returns:
        A Functional model from `(batch, *input_shape)` to `(batch, classes)`.

    Raises:
        ValueError: If the input is no image or too small, `classes` is not positive,
            or the initialiser is unknown.

    Example:

    >>> zenkenet((32, 32, 3), classes=10).count_params()
    1250858

    Reference: HyperMask, arXiv 2310.00113, section 5; Zenke et al., Continual
    learning through synaptic intelligence, arXiv 1703.04200.
    """
    shape = tuple(input_shape)
    if len(shape) != 3 or min(shape[:2]) < _SMALLEST:
        raise ValueError(
            "`input_shape` must be (height, width, channels), with images of "
            f"{_SMALLEST} x {_SMALLEST} or more. Received: input_shape={shape}"
        )
    if classes < 1:
        raise ValueError(f"`classes` must be positive. Received: classes={classes}")
    large = min(shape[:2]) >= _LARGE
    inputs = x = keras.Input(shape, name="image")
    for stage, width in enumerate((64, 64) if large else (32, 64)):
        x = _stage(x, width, initializer, stage)
        if dropout:
            x = layers.SpatialDropout2D(0.25, name=f"stage_{stage}_dropout")(x)
    x = layers.Flatten(name="flatten")(x)
    if not large:
        options = initial(initializer, x.shape[-1])
        x = layers.Dense(512, "relu", name="dense", **options)(x)
        if dropout:
            x = layers.Dropout(0.5, name="dropout")(x)
    options = initial(initializer, x.shape[-1])
    outputs = layers.Dense(classes, name="logits", **options)(x)
    return keras.Model(inputs, outputs, name=name)


def _stage(x: Tensor, width: int, initializer: str, stage: int) -> Tensor:
    for part, padding in (("first", "same"), ("second", "valid")):
        x = layers.Conv2D(
            width,
            3,
            padding=padding,
            activation="relu",
            name=f"stage_{stage}_{part}",
            **initial(initializer, 9 * x.shape[-1]),
        )(x)
    return layers.MaxPooling2D(name=f"stage_{stage}_pool")(x)
