"""The augmentation of a benchmark, from a few numbers."""

from collections.abc import Mapping
from typing import Any

import keras

from hypermask_tf.scenarios.auto_augment import AutoAugment
from hypermask_tf.scenarios.band_masking import BandMasking
from hypermask_tf.scenarios.brightness_jitter import BrightnessJitter
from hypermask_tf.scenarios.random_crop import RandomCropWithPadding


def augmentation(
    preprocessing: Mapping[str, Any],
    *,
    padding: int = 0,
    flip: bool = False,
    brightness: float = 0.0,
    policy: str | None = None,
    bands: int = 0,
    seed: int | None = None,
) -> keras.Layer | None:
    """A layer for `HyperMask(augmentation=...)`, run within the training step.

    Args:
        preprocessing: Of the scenario: tells what black is, and what a raw pixel.
        padding: Random crops of images padded with black by so many pixels.
        flip: Whether to mirror every second image, left to right.
        brightness: Raw pixels times a factor of 1 ± brightness per image.
        policy: Name of a learned policy that acts last, see `AutoAugment`.
        bands: Features of sounds: mask up to so many bands, see `BandMasking`.
        seed: Seed of all of them. `None` for a new one in every process.

    Returns:
        A layer; None if nothing is asked for.

    Raises:
        ValueError: If a number is out of range, or the policy is unknown.

    Example:

    >>> from hypermask_tf import scenarios
    >>> scenario = scenarios.split_digits()
    >>> layer = scenarios.augmentation(scenario.preprocessing, padding=1, flip=True)
    >>> [step.name.split("_")[0] for step in layer.layers]
    ['random', 'random']

    Source: [HyperMask](https://arxiv.org/abs/2310.00113): padding 4 on Split MNIST and
    CIFAR-100, flips on CIFAR-100, brightness 63/255 and AutoAugment's policy for
    CIFAR-10 in FeCAM's order.
    """
    scale = preprocessing.get("scale", 1.0)
    black = preprocessing.get("offset", 0.0)
    brightest = preprocessing.get("raw_range", (0, 255))[1]
    steps: list[keras.Layer] = []
    if padding:
        steps.append(RandomCropWithPadding(padding, value=black, seed=seed))
    if flip:
        steps.append(keras.layers.RandomFlip("horizontal", seed=seed))
    if brightness:
        steps.append(BrightnessJitter(brightness, scale, black, brightest, seed=seed))
    if policy is not None:
        steps.append(AutoAugment(policy, scale, black, brightest, seed=seed))
    if bands:
        steps.append(BandMasking(bands, seed=seed))
    return keras.Sequential(steps, name="augmentation") if steps else None
