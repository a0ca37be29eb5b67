"""Measures the sides of a benchmark in turns, task by task."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from apps.benchmarks import machine

# Fewer tell little, however long they take.
_FEWEST = 5
_ROUNDS = 6


def take_turns(
    sides: Mapping[str, Callable[[int], list[float]]],
    samples: int,
    limit_s: float,
    between: Callable[[], None],
) -> dict[str, list[float]]:
    """Milliseconds a step of every side, measured in turns so that all meet one load.

    Args:
        sides: By name, a function that takes so many samples.
        samples: Samples wanted from each.
        limit_s: Seconds after which no new round begins, if there are at least five
            samples of each.
        between: Called before every round.
    """
    taken: dict[str, list[float]] = {name: [] for name in sides}
    each, began = -(-samples // _ROUNDS), time.perf_counter()
    while min(len(values) for values in taken.values()) < samples:
        late = time.perf_counter() - began > limit_s
        if late and min(len(values) for values in taken.values()) >= _FEWEST:
            break
        between()
        for name, take in sides.items():
            taken[name] += take(1 if late else each)
    return taken


def summary(milliseconds: list[float], first_step_ms: float) -> dict[str, Any]:
    """What is kept of the samples of one side."""
    return {
        "median_ms": round(float(np.median(milliseconds)), 3),
        "min_ms": round(min(milliseconds), 3),
        "samples": len(milliseconds),
        "first_step_ms": round(first_step_ms, 1),
    }


def compare(
    sides: Mapping[str, Mapping[str, Any]], floor_ms: float, base: str
) -> dict[str, Any]:
    """Ratios within one run: to the floor, and of each side to `base`."""
    own = sides[base]["median_ms"]
    return {
        "floor_ms": round(floor_ms, 3),
        "ratio_to_floor": round(own / floor_ms, 2),
        **{
            f"{name}_over_{base}": round(side["median_ms"] / own, 2)
            for name, side in sides.items()
            if name != base
        },
        "load": machine.load(),
    }
