"""Learners by short words, for tests that go through many choices."""

from typing import Any

import keras
import numpy as np

import hypermask_tf as hm

_PENALIZED = {"used": "used", "current": "mask", "all": "all"}


def hyper_mask(
    target: keras.Model,
    num_tasks: int,
    hypernetwork: hm.Hypernetwork | None = None,
    *,
    head: str = "shared",
    **choices: Any,
) -> hm.HyperMask:
    """A `HyperMask` whose masks, protection and drift are said in single words."""
    frozen = choices.get("protection") == "hard"
    parts = {"masks": masks(choices), "protection": protection(choices)}
    drift = hm.DriftPenalty(
        choices.pop("beta", 1e-3),
        choices.pop("output_reduction", "mean"),
        choices.pop("sampled_tasks", None),
    )
    for name in ("protection", "lam"):
        choices.pop(name, None)
    hypernetwork = hypernetwork or hm.MLPHypernetwork()
    if "memory_limit" in choices:
        hypernetwork.memory_limit = choices.pop("memory_limit")
    if hypernetwork.shared and not frozen:
        hypernetwork.drift = drift
    return hm.HyperMask(
        target, num_tasks, hypernetwork=hypernetwork, head=head, **parts, **choices
    )


def masks(choices: dict[str, Any]) -> hm.Masks:
    """The masks of these choices, which are taken out."""
    common = {
        "sparsity": choices.pop("sparsity", 90.0),
        "activation": choices.pop("activation", "abs_tanh"),
        "scale": choices.pop("mask_scale", "width"),
        "ramp_steps": choices.pop("ramp_steps", 0),
    }
    reuse, narrow = choices.pop("reuse", None), choices.pop("narrow", True)
    if choices.pop("granularity", "unit") == "weight":
        return hm.WeightMasks(**common)
    allocation = None
    if reuse is not None:
        allocation = hm.AnyUnits() if np.min(reuse) == 1 else hm.FreeUnitsFirst(reuse)
    return hm.UnitMasks(**common, allocation=allocation, compact_forward=narrow)


def protection(choices: dict[str, Any]) -> hm.Protection:
    """The protection of these choices."""
    word = choices.get("protection", "used")
    if word == "hard":
        return hm.Freeze()
    return hm.WeightPenalty(choices.get("lam", 1.0), on=_PENALIZED[word])
