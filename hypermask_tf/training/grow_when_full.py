"""Widens a learner whose next task would not find the free units it asks for."""

import contextlib
import math
import warnings
from collections.abc import Iterator
from typing import Any

from hypermask_tf.learner.capacity import GroupCapacity
from hypermask_tf.scenarios.seeding import seeded


def grow_when_full(model: Any, factor: float, seed: int = 1) -> Any:
    """Returns `model`, or a wider copy if it is full.

    Every layer of a group of units that is short grows by `factor`; old tasks stay
    as they are. See `HyperMask.grow`.

    Args:
        model: A `HyperMask` with unit masks that tracks what tasks use.
        factor: Above 1. A group grows again until a task finds its units.
        seed: Seed of the new units: they are drawn alike, whatever this process has
            drawn before. What it draws afterwards does not depend on it.

    Raises:
        ValueError: If it does not track use, or its target cannot grow.
    """
    capacity = model.capacity()
    if not capacity.full:
        return model
    widths: dict[str, int] = {}
    for group in capacity.groups:
        if not group.short:
            continue
        times = _times(group, factor)
        for name in group.layers:
            width = _width(_layer(model.target, name))
            widths[name] = max(math.ceil(width * times), widths.get(name, 0))
    with seeded(seed):
        return model.grow(widths)


@contextlib.contextmanager
def without_advice(grow: float) -> Iterator[None]:
    """No warning that room is running out where it is made in time.

    Args:
        grow: The factor of `grow_when_full`; 0 where nothing grows.
    """
    with warnings.catch_warnings():
        if grow:
            warnings.filterwarnings("ignore", "The network is full after")
        yield


def _times(group: GroupCapacity, factor: float) -> float:
    """How many times as wide a group becomes, so that a task finds its units."""
    times = factor
    while group.units * times - group.in_use < group.wanted:
        times *= factor
    return times


def _layer(model: Any, path: str) -> Any:
    """A layer by its name, or by its path through nested models."""
    for name in path.split("/"):
        model = model.get_layer(name)
    return model


def _width(layer: Any) -> int:
    """How many units a layer makes: dense, a convolution or an embedding."""
    names = ("units", "filters", "output_dim")
    return int(next(getattr(layer, name) for name in names if hasattr(layer, name)))
