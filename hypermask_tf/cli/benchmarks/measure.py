"""Measures the sides of a benchmark in turns, task by task."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from hypermask_tf.cli.benchmarks import machine
from hypermask_tf.cli.benchmarks.step_timer import Sample

# Fewer tell little, however long they take.
_FEWEST = 5
_ROUNDS = 6


def take_turns(
    sides: Mapping[str, Callable[[int], list[Sample]]],
    samples: int,
    limit_s: float,
    between: Callable[[], None],
) -> dict[str, list[Sample]]:
    """Times of a step of every side, measured in turns so that all meet one load.

    Args:
        sides: By name, a function that takes so many samples.
        samples: Samples wanted from each.
        limit_s: Seconds after which no new round begins, if there are at least five
            samples of each.
        between: Called before every round.
    """
    taken: dict[str, list[Sample]] = {name: [] for name in sides}
    each, began = -(-samples // _ROUNDS), time.perf_counter()
    while min(len(values) for values in taken.values()) < samples:
        late = time.perf_counter() - began > limit_s
        if late and min(len(values) for values in taken.values()) >= _FEWEST:
            break
        between()
        for name, take in sides.items():
            taken[name] += take(1 if late else each)
    return taken


def summary(samples: list[Sample], first_step_ms: float) -> dict[str, Any]:
    """What is kept of the samples of one side.

    `cpu_ms`, processor time of all cores, suffers far less from other work on the
    machine than the time that passes.
    """
    wall, cpu = np.transpose(samples)
    return {
        "median_ms": round(float(np.median(wall)), 3),
        "min_ms": round(float(np.min(wall)), 3),
        "cpu_ms": round(float(np.median(cpu)), 3),
        "samples": len(samples),
        "first_step_ms": round(first_step_ms, 1),
    }


def compare(
    sides: Mapping[str, Mapping[str, Any]], floor_ms: float, base: str
) -> dict[str, Any]:
    """Ratios within one run: to the floor, and of each side to `base`.

    `over` holds two of each side: of the time that passed, and of processor time.
    """
    own = sides[base]
    return {
        "floor_ms": round(floor_ms, 6),
        "ratio_to_floor": round(own["median_ms"] / floor_ms, 2),
        "over": {
            name: [round(side[key] / own[key], 2) for key in ("median_ms", "cpu_ms")]
            for name, side in sides.items()
            if name != base
        },
        "load": machine.load(),
    }
