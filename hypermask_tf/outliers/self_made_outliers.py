"""Inputs of no task, made of the batch at hand, and what a network is to say there."""

from typing import Any

import keras
from keras import ops

from hypermask_tf import checks
from hypermask_tf.outliers.warping import warp

Tensor = Any


@keras.saving.register_keras_serializable("hypermask_tf")
class SelfMadeOutliers(keras.layers.Layer):
    """Teaches the network of a task to know its own inputs from others.

    Which task an input comes from can be told by the networks themselves only if they
    have learned what is not theirs. Samples of other tasks are not at hand, so some
    are made: images of the batch bent out of shape, whose strokes, textures and
    brightness are those of the task, and whose forms are not. Both are told apart by
    how large the logits are, in a logistic loss,

        weight · mean(softplus(−E(inputs)) + softplus(E(outliers))),

    E being log Σ exp logits, as if there were one more class, "none of mine", whose
    logit is always 0. The head and all networks stay as they are; `inference.Energy`
    and `inference.DensityEnergy` then ask for E. No sample is kept, and nothing of
    another task is needed.

    Args:
        weight: Of this term in the loss of a learner.
        strength: Deviation of the displacement of a pixel, as a share of the image's
            side.
        seed: Seed of the displacements. `None` for a new one in every process.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call args:
        inputs: Batch of images, channels last.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        As the input.

    Raises:
        ValueError: If a number is not finite or negative, inputs are no images of known
            size, or logits are not `(batch, classes)`.

    Example:

    >>> import hypermask_tf as hm
    >>> target = hm.targets.mlp((8, 8, 1), hidden=(16,), classes=2)
    >>> outliers = hm.outliers.SelfMadeOutliers(weight=0.5)
    >>> model = hm.HyperMask(target, num_tasks=2, outliers=outliers)

    Source: this library's own, of known parts: networks that learn to be in doubt on
    made inputs, Lee et al. 2018, "Training confidence-calibrated classifiers for
    detecting out-of-distribution samples"; inputs spoiled on purpose, Sinha et al.
    2021, "Negative data augmentation"; a logistic loss on the energy, Du et al. 2022,
    "VOS: learning what you don't know by virtual outlier synthesis"; that
    such networks decide the task, Kim et al. 2022, "A theoretical study on solving
    continual learning".
    """

    def __init__(
        self,
        weight: float = 0.5,
        strength: float = 0.18,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.weight = checks.check_strength("weight", weight)
        self.strength = checks.check_strength("strength", strength)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_jit = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if len(input_shape) != 4 or None in input_shape[1:3]:
            raise ValueError(
                "Outliers are made of images of known size, (batch, height, width, "
                f"channels). Received: input_shape={input_shape}. For other data, "
                "override `call` in a subclass."
            )
        super().build(input_shape)

    def call(self, inputs: Tensor) -> Tensor:
        return warp(inputs, self.strength, self.seed_generator)

    def penalty(self, inside: Tensor, outside: Tensor) -> Tensor:
        """The term of the loss.

        Args:
            inside: Logits of the task's own inputs, `(batch, classes)`.
            outside: Logits of the outliers.

        Returns:
            A number, float32.
        """
        if len(inside.shape) != 2:
            raise ValueError(
                "Self-made outliers need a target with one output, logits of shape "
                f"(batch, classes). Received: a shape of {tuple(inside.shape)}"
            )
        own, other = (
            ops.logsumexp(ops.cast(logits, "float32"), axis=-1)
            for logits in (inside, outside)
        )
        return self.weight * ops.mean(ops.softplus(-own) + ops.softplus(other))

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = ("weight", "strength", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
