"""Policies that AutoAugment found, as data."""

import math
from typing import NamedTuple


class Step(NamedTuple):
    """One operation of a sub-policy.

    Attributes:
        operation: One of `RANGES`.
        probability: That an image undergoes it.
        magnitude: From 0 to 9; `level` says what it means.
    """

    operation: str
    probability: float
    magnitude: int


# What magnitudes 0 and 9 stand for; those between divide the range evenly.
RANGES = {
    "shear_x": (0.0, 0.3),
    "shear_y": (0.0, 0.3),
    "translate_x": (0.0, 150 / 331),  # of the width; the search ran on 331 pixels
    "translate_y": (0.0, 150 / 331),
    "rotate": (0.0, 30.0),  # degrees
    "color": (0.0, 0.9),  # how far the factor is from 1
    "contrast": (0.0, 0.9),
    "brightness": (0.0, 0.9),
    "sharpness": (0.0, 0.9),
    "posterize": (8.0, 4.0),  # bits that are kept, whole ones
    "solarize": (256.0, 0.0),  # the darkest value that is inverted
    "auto_contrast": (0.0, 0.0),
    "equalize": (0.0, 0.0),
    "invert": (0.0, 0.0),
}
# Their sign is drawn: an image moves to either side, gets darker or lighter.
SIGNED = frozenset(name for name, (low, high) in RANGES.items() if low < high)


def level(operation: str, magnitude: int) -> float:
    """What a magnitude means to an operation, without a sign.

    >>> level("rotate", 9), level("posterize", 7)
    (30.0, 5.0)
    """
    low, high = RANGES[operation]
    value = low + (high - low) * magnitude / 9
    return float(math.floor(value + 0.5)) if operation == "posterize" else value


def _pairs(table: str) -> tuple[tuple[Step, Step], ...]:
    read = []
    for line in table.strip().splitlines():
        words = line.split()
        first, second = (
            Step(name, float(probability), int(magnitude))
            for name, probability, magnitude in (words[:3], words[3:])
        )
        read.append((first, second))
    return tuple(read)


# Operation, probability and magnitude, twice a line. Magnitudes of operations that
# have none are written as 0.
CIFAR10 = _pairs("""
    invert        0.1 0  contrast      0.2 6
    rotate        0.7 2  translate_x   0.3 9
    sharpness     0.8 1  sharpness     0.9 3
    shear_y       0.5 8  translate_y   0.7 9
    auto_contrast 0.5 0  equalize      0.9 0
    shear_y       0.2 7  posterize     0.3 7
    color         0.4 3  brightness    0.6 7
    sharpness     0.3 9  brightness    0.7 9
    equalize      0.6 0  equalize      0.5 0
    contrast      0.6 7  sharpness     0.6 5
    color         0.7 7  translate_x   0.5 8
    equalize      0.3 0  auto_contrast 0.4 0
    translate_y   0.4 3  sharpness     0.2 6
    brightness    0.9 6  color         0.2 8
    solarize      0.5 2  invert        0.0 0
    equalize      0.2 0  auto_contrast 0.6 0
    equalize      0.2 0  equalize      0.6 0
    color         0.9 9  equalize      0.6 0
    auto_contrast 0.8 0  solarize      0.2 8
    brightness    0.1 3  color         0.7 0
    solarize      0.4 5  auto_contrast 0.9 0
    translate_y   0.9 9  translate_y   0.7 9
    auto_contrast 0.9 0  solarize      0.8 3
    equalize      0.8 0  invert        0.1 0
    translate_y   0.7 9  auto_contrast 0.9 0
""")
POLICIES = {"autoaugment_cifar10": CIFAR10}
