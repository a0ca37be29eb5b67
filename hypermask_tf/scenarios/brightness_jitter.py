"""Images darker or lighter, inside the compiled training step."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("hypermask_tf")
class BrightnessJitter(keras.layers.Layer):
    """Multiplies the raw pixels of every image by a random factor.

    Inputs are `scale * raw + offset`, as preprocessing makes them; the factor acts on
    `raw`, which stays between 0 and `maximum`. (`keras.layers.RandomBrightness` adds
    instead, and knows no offset per channel.) In inference inputs pass unchanged.

    Args:
        factor: Factors are drawn from 1 − factor to 1 + factor, one per image.
        scale: Of preprocessing: one number, or one per channel.
        offset: Likewise.
        maximum: The brightest raw value.
        seed: Seed of the factors. `None` for a new one in every process.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call args:
        inputs: Batch of images, channels last.
        training: Whether to act.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        As the input.

    Raises:
        ValueError: If `factor` is not within 0..1.

    Example:

    >>> import numpy as np
    >>> from hypermask_tf.scenarios import BrightnessJitter
    >>> layer = BrightnessJitter(0.2, maximum=1.0, seed=0)
    >>> float(layer(np.zeros((1, 4, 4, 3), "float32"), training=True)[0, 0, 0, 0])
    0.0

    Source: the colour jitter of [HyperMask](https://arxiv.org/abs/2310.00113) on
    CIFAR-100 in FeCAM's order (63/255).
    """

    def __init__(
        self,
        factor: float,
        scale: float | Sequence[float] = 1.0,
        offset: float | Sequence[float] = 0.0,
        maximum: float = 255.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not 0 <= factor <= 1:
            raise ValueError(
                f"Expected `factor` from 0 to 1. Received: factor={factor}. Use 0 to "
                "leave images as they are."
            )
        self.factor, self.maximum, self.seed = float(factor), float(maximum), seed
        self.scale, self.offset = (
            np.asarray(scale).tolist(),
            np.asarray(offset).tolist(),
        )
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_jit = True

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        if not training or not self.factor:
            return inputs
        factors = keras.random.uniform(
            (ops.shape(inputs)[0], 1, 1, 1),
            1 - self.factor,
            1 + self.factor,
            seed=self.seed_generator,
        )
        scale = ops.convert_to_tensor(self.scale, dtype=inputs.dtype)
        offset = ops.convert_to_tensor(self.offset, dtype=inputs.dtype)
        raw = (inputs - offset) / scale
        raw = ops.clip(raw * ops.cast(factors, inputs.dtype), 0.0, self.maximum)
        return raw * scale + offset

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = ("factor", "scale", "offset", "maximum", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
