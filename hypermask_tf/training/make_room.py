"""Widens a learner whose next task would not find the free units it asks for."""

import math
from typing import Any

import keras


def make_room(model: Any, factor: float, seed: int = 1) -> Any:
    """Returns `model`, or a wider copy if it is full.

    Every layer of a group of units that is short grows by `factor`; old tasks stay
    as they are. See `HyperMask.grow`.

    Args:
        model: A `HyperMask` with unit masks that tracks what tasks use.
        factor: Above 1. A group grows again until a task finds its units.
        seed: Seed of the new units: they are drawn alike, whatever this process has
            drawn before.

    Raises:
        ValueError: If it does not track use, or its target cannot grow.
    """
    capacity = model.capacity()
    widths: dict[str, int] = {}
    for group in capacity.groups:
        times = factor
        while group.units * times - group.taken < group.wanted:
            times *= factor
        if group.free < group.wanted:
            for name in group.layers:
                layer = _layer(model.target, name)
                width = getattr(layer, "units", None) or layer.filters
                widths[name] = max(math.ceil(width * times), widths.get(name, 0))
    if not widths:
        return model
    keras.utils.set_random_seed(seed)
    return model.grow(widths)


def _layer(model: Any, path: str) -> Any:
    """A layer by its name, or by its path through nested models."""
    for name in path.split("/"):
        model = model.get_layer(name)
    return model
