"""AutoAugment, inside the compiled training step."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf.scenarios import image_colors, image_geometry
from hypermask_tf.scenarios.auto_augment_policies import (
    POLICIES,
    RANGES,
    SIGNED,
    level,
)

Tensor = Any

_NUMBERS = {name: number for number, name in enumerate(RANGES)}
_NOTHING = len(RANGES)


def apply_operations(images: Tensor, kinds: Tensor, levels: Tensor) -> Tensor:
    """Applies one operation to each image.

    Every operation is computed for the whole batch, and each image keeps its own: what
    is compiled has no branches, and costs the same in every step.

    Args:
        images: Whole numbers from 0 to 255, float32 `(batch, height, width, channels)`.
        kinds: int32 `(batch,)`: the operation's place in `RANGES`, or any other number
            for none.
        levels: float32 `(batch,)`: see `level`; with a sign for those in `SIGNED`.

    Returns:
        Whole numbers from 0 to 255, of the same shape.
    """

    def chosen(name: str) -> Tensor:
        return ops.equal(kinds, _NUMBERS[name])

    def amount(name: str) -> Tensor:
        return ops.where(chosen(name), levels, 0.0)

    def over_pixels(values: Tensor) -> Tensor:
        return values[:, None, None, None]

    result = image_geometry.move(images, amount)
    grey, each = image_colors.grey(images), over_pixels(levels)
    mean = ops.floor(ops.mean(grey, axis=(1, 2, 3), keepdims=True) + 0.5)
    changed = {
        "posterize": image_colors.posterize(images, each),
        "solarize": image_colors.solarize(images, each),
        "auto_contrast": image_colors.auto_contrast(images),
        "equalize": image_colors.equalize(images),
        "invert": 255.0 - images,
    }
    for name, other in (
        ("color", grey),
        ("contrast", mean),
        ("brightness", 0.0),
        ("sharpness", image_colors.smooth(images)),
    ):
        changed[name] = image_colors.blend(other, images, 1.0 + each)
    for name, image in changed.items():
        result = ops.where(over_pixels(chosen(name)), image, result)
    return result


@keras.saving.register_keras_serializable("hypermask_tf")
class AutoAugment(keras.layers.Layer):
    """Applies one of a policy's pairs of operations to every image, drawn at random.

    Inputs are `scale * raw + offset`, as preprocessing makes them; operations act on
    `raw`, rounded to bytes. Each step of a pair acts with a probability of its own, and
    where an operation has two directions, one is drawn. In inference inputs pass
    unchanged.

    Args:
        policy: Name of a policy: `"autoaugment_cifar10"`.
        scale: Of preprocessing: one number, or one per channel.
        offset: Likewise.
        maximum: The brightest raw value.
        seed: Seed of all choices. `None` for a new one in every process.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call args:
        inputs: Batch of images, channels last.
        training: Whether to act.

    Input shape:
        `(batch, height, width, channels)` with 1 or 3 channels.

    Output shape:
        As the input.

    Raises:
        ValueError: If the policy is unknown, or images have another number of channels.

    Example:

    >>> import numpy as np
    >>> from hypermask_tf.scenarios import AutoAugment
    >>> layer = AutoAugment(scale=1 / 255, seed=0)
    >>> images = np.random.default_rng(0).uniform(size=(4, 8, 8, 3)).astype("float32")
    >>> tuple(layer(images, training=True).shape)
    (4, 8, 8, 3)

    Source: AutoAugment, arXiv 1805.09501, the policy for CIFAR-10; magnitudes, signs
    and interpolation as in FeCAM's protocol, which
    [HyperMask](https://arxiv.org/abs/2310.00113) follows on CIFAR-100.
    """

    def __init__(
        self,
        policy: str = "autoaugment_cifar10",
        scale: float | Sequence[float] = 1.0,
        offset: float | Sequence[float] = 0.0,
        maximum: float = 255.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if policy not in POLICIES:
            raise ValueError(
                f"Expected `policy` to be one of {list(POLICIES)}. Received: "
                f"policy={policy!r}."
            )
        self.policy, self.maximum, self.seed = policy, float(maximum), seed
        self.scale = np.asarray(scale).tolist()
        self.offset = np.asarray(offset).tolist()
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_jit = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if len(input_shape) != 4 or input_shape[-1] not in (1, 3):
            raise ValueError(
                "Expected images of shape (batch, height, width, channels) with 1 or 3 "
                f"channels. Received: input_shape={input_shape}."
            )
        super().build(input_shape)

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        if not training:
            return inputs
        dtype = keras.backend.standardize_dtype(inputs.dtype)
        # In bytes, whatever the raw range, and in float32, which holds them all.
        scale = ops.convert_to_tensor(self.scale, "float32") * (self.maximum / 255.0)
        offset = ops.convert_to_tensor(self.offset, "float32")
        raw = ops.round((ops.cast(inputs, "float32") - offset) / scale)
        images = ops.clip(raw, 0.0, 255.0)
        for kinds, levels in self._draw(ops.shape(inputs)[0]):
            images = apply_operations(images, kinds, levels)
        return ops.cast(images * scale + offset, dtype)

    def _draw(self, batch: Any) -> list[tuple[Tensor, Tensor]]:
        """Operation and level of each image, for both steps of a pair."""
        pairs = POLICIES[self.policy]
        pair = keras.random.randint((batch,), 0, len(pairs), seed=self.seed_generator)
        luck = keras.random.uniform((2, batch), seed=self.seed_generator)
        coin = keras.random.uniform((2, batch), -1.0, 1.0, seed=self.seed_generator)
        drawn = []
        for place in range(2):
            steps = [steps[place] for steps in pairs]

            def look_up(value: Callable[[Any], float], steps: Any = steps) -> Tensor:
                table = np.array([value(step) for step in steps], "float32")
                return ops.take(ops.convert_to_tensor(table), pair)

            acts = luck[place] < look_up(lambda step: step.probability)
            kind = ops.cast(look_up(lambda s: _NUMBERS[s.operation]), "int32")
            size = look_up(lambda step: level(step.operation, step.magnitude))
            turns = look_up(lambda step: step.operation in SIGNED) > 0
            sign = ops.where(ops.logical_and(turns, coin[place] < 0), -1.0, 1.0)
            drawn.append((ops.where(acts, kind, _NOTHING), size * sign))
        return drawn

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = ("policy", "scale", "offset", "maximum", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
