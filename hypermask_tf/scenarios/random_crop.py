"""Random crops, inside the compiled training step."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("hypermask_tf")
class RandomCropWithPadding(keras.layers.Layer):
    """Pads every image and cuts a window of the original size out at random.

    The offsets differ from sample to sample. In inference the layer returns its
    input as it is.

    Args:
        padding: Number of pixels by which a window may leave the image.
        value: What the pixels outside of the image hold, in the space of the
            inputs: one number, or one per channel. Black pixels of standardised
            MNIST, for example, are `(0 - 0.1307) / 0.3081`.
        seed: Seed of the offsets. `None` for a new one in every process.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call args:
        inputs: Batch of images, channels last.
        training: Whether to crop.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        As the input.

    Raises:
        ValueError: If `padding` is negative, or inputs do not have four axes.

    Example:

    >>> import numpy as np
    >>> from hypermask_tf.scenarios import RandomCropWithPadding
    >>> layer = RandomCropWithPadding(padding=2, seed=0)
    >>> tuple(layer(np.ones((5, 8, 8, 1), "float32"), training=True).shape)
    (5, 8, 8, 1)

    Source: the augmentation of [HyperMask](https://arxiv.org/abs/2310.00113)
    (padding 4 on Split MNIST and on CIFAR-100).
    """

    def __init__(
        self,
        padding: int,
        value: float | Sequence[float] = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if padding < 0:
            raise ValueError(
                "Expected `padding` to be 0 or more. Received: "
                f"padding={padding}. Use 0 to leave images as they are."
            )
        self.padding = int(padding)
        self.value = np.asarray(value, "float64").tolist()
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_jit = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if len(input_shape) != 4:
            raise ValueError(
                "Expected images of shape (batch, height, width, channels). Received: "
                f"input_shape={input_shape}. Add the missing axes."
            )
        super().build(input_shape)

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        if not training or not self.padding:
            return inputs
        batch, height, width, channels = ops.shape(inputs)
        shift = keras.random.randint(
            (2, batch), -self.padding, self.padding + 1, seed=self.seed_generator
        )
        rows = ops.arange(height) + shift[0][:, None]  # (batch, height)
        columns = ops.arange(width) + shift[1][:, None]  # (batch, width)
        inside = ops.logical_and(
            ops.logical_and(rows >= 0, rows < height)[:, :, None],
            ops.logical_and(columns >= 0, columns < width)[:, None, :],
        )
        # One gather of whole pixels out of the flattened batch. Unlike a product
        # with one-hot matrices it copies every value exactly, on any hardware.
        first = ops.arange(batch)[:, None, None] * (height * width)
        rows = ops.clip(rows, 0, height - 1)[:, :, None]
        columns = ops.clip(columns, 0, width - 1)[:, None, :]
        index = first + rows * width + columns  # (batch, height, width)
        pixels = ops.take(ops.reshape(inputs, (-1, channels)), index, axis=0)
        outside = ops.convert_to_tensor(self.value, dtype=inputs.dtype)
        return ops.where(inside[..., None], pixels, outside)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        config = {"padding": self.padding, "value": self.value, "seed": self.seed}
        return {**super().get_config(), **config}
