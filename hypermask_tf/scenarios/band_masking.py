"""Sounds of which some pitches are not heard, inside the compiled training step."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("hypermask_tf")
class BandMasking(keras.layers.Layer):
    """Sets neighbouring bands of every sample to 0, which is their mean.

    How many bands, from none to `most`, and which, is drawn for each sample, so that a
    network looks at all of them: what it learns of a few voices holds for others. In
    inference inputs pass unchanged.

    Args:
        most: The most bands of a sample that are set to 0.
        seed: Seed of what is drawn. `None` for a new one in every process.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call args:
        inputs: Batch of features that are standardized, bands last.
        training: Whether to act.

    Input shape:
        `(batch, frames, bands)`.

    Output shape:
        As the input.

    Raises:
        ValueError: If `most` is negative, or inputs have fewer bands.

    Example:

    >>> import numpy as np
    >>> from hypermask_tf.scenarios import BandMasking
    >>> y = BandMasking(8, seed=0)(np.ones((1, 63, 40), "float32"), training=True)
    >>> 32 * 63 <= float(np.sum(y)) <= 40 * 63
    True

    Source: frequency masking of [SpecAugment](https://arxiv.org/abs/1904.08779).
    """

    def __init__(self, most: int, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if most < 0:
            raise ValueError(
                f"Expected `most` from 0. Received: most={most}. A fifth of the bands "
                "is a start."
            )
        self.most, self.seed = int(most), seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_jit = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if len(input_shape) != 3 or (input_shape[-1] or 0) < self.most:
            raise ValueError(
                f"Expected inputs of shape (batch, frames, bands), with {self.most} "
                f"bands or more. Received: {tuple(input_shape)}. Masking of bands is "
                "for log-mel features of sounds."
            )
        super().build(input_shape)

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        if not training or not self.most:
            return inputs
        bands = inputs.shape[-1]
        shape = (2, ops.shape(inputs)[0], 1, 1)
        drawn = keras.random.uniform(shape, seed=self.seed_generator)
        width = ops.floor(drawn[0] * (self.most + 1))
        first = ops.floor(drawn[1] * (bands - width + 1))
        place = ops.arange(bands, dtype=width.dtype)
        heard = ops.logical_or(place < first, place >= first + width)
        return inputs * ops.cast(heard, inputs.dtype)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "most": self.most, "seed": self.seed}
