"""Choices of a learner by words and numbers, as flags and old files have them."""

from typing import Any

import numpy as np

from hypermask_tf.masks import (
    WIDTH,
    Allocation,
    AnyUnits,
    FreeUnitsFirst,
    Masks,
    MaskScale,
    Sparsity,
    UnitMasks,
    WeightMasks,
)
from hypermask_tf.protection import Freeze, Protection, WeightPenalty

GRANULARITIES = ("unit", "weight")
# What a penalty is on, by the words that flags and old files have for it.
_PENALIZED = {"used": "used", "current": "mask", "all": "all"}
PROTECTIONS = (*_PENALIZED, "hard")


def masks(
    granularity: str = "unit",
    sparsity: Sparsity = 90.0,
    activation: str = "abs_tanh",
    mask_scale: MaskScale = WIDTH,
    ramp_steps: int = 0,
    reuse: Sparsity | None = None,
    compact_forward: bool = True,
) -> Masks:
    """The masks of these choices.

    Args:
        granularity: One of `GRANULARITIES`.
        sparsity, activation, ramp_steps, compact_forward: As in `UnitMasks`.
        mask_scale: `scale` of `UnitMasks`.
        reuse: That of `FreeUnitsFirst`; 1 for `AnyUnits`, None for the default.

    Raises:
        ValueError: If weights are masked, and `reuse` asks for free units.
    """
    shared: dict[str, Any] = {
        "sparsity": sparsity,
        "activation": activation,
        "scale": mask_scale,
        "ramp_steps": ramp_steps,
    }
    free_first = reuse is not None and np.min(reuse) < 1
    if granularity == "weight":
        if free_first:
            raise ValueError(
                "`reuse` needs masks of units: only they can be free or in use. "
                f"Received: reuse={reuse}"
            )
        return WeightMasks(**shared)
    allocation: Allocation | None = None
    if reuse is not None:
        allocation = FreeUnitsFirst(reuse) if free_first else AnyUnits()
    return UnitMasks(**shared, allocation=allocation, compact_forward=compact_forward)


def protection(word: str = "used", strength: float = 1.0) -> Protection:
    """The protection called `word`, one of `PROTECTIONS`; a penalty's strength is λ."""
    if word == "hard":
        return Freeze()
    return WeightPenalty(strength, on=_PENALIZED[word])
