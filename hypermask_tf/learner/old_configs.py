"""Learners saved when each choice was an argument of its own."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from hypermask_tf.hypernetworks import DriftPenalty
from hypermask_tf.masks import (
    AnyUnits,
    FreeUnitsFirst,
    Masks,
    UnitMasks,
    WeightMasks,
)
from hypermask_tf.protection import Freeze, Protection, WeightPenalty
from hypermask_tf.spec import Spec

# What a learner had where its file does not say, from before there was a choice.
_BEFORE_CHOICES = {
    "granularity": "unit",
    "sparsity": 90.0,
    "activation": "abs_tanh",
    "mask_scale": 1.0,
    "ramp_steps": 0,
    "protection": "used",
    "beta": 1e-3,
    "lam": 1.0,
    "reuse": 1.0,
    "output_reduction": "mean",
    "sampled_tasks": None,
    "narrow": True,
}
# Choices that are gone, and the value that meant nothing.
_RETIRED: dict[str, Any] = {
    "threshold": "layer",
    "floor": 1.0,
    "borrow": 1.0,
    "read": 0.0,
}
_PENALIZED = {"used": "used", "current": "mask", "all": "all"}


def upgraded(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a learner in the form that this version saves.

    Args:
        config: As a file has it, of this version or of an earlier one.

    Raises:
        ValueError: If the learner was made with a choice that is gone.
    """
    if "masks" in config:
        return dict(config)
    old = {**_BEFORE_CHOICES, **config}
    for name, nothing in _RETIRED.items():
        given = old.pop(name, nothing)
        if np.any(np.not_equal(given, nothing)):
            raise _gone(name, given)
    if old.get("normalization") == "per_task_statistics":
        raise _gone("normalization", "per_task_statistics")
    kept = {k: v for k, v in old.items() if k not in _BEFORE_CHOICES}
    limit = kept.pop("memory_limit", None)
    return {
        "head": "shared",
        **kept,
        "masks": _entry(_masks(old)),
        "protection": _entry(_protection(old)),
        "hypernetwork": _hypernetwork(old, limit),
    }


def _entry(choice: Spec) -> dict[str, Any]:
    """A choice as Keras saves it; its own function takes its address for a name."""
    config = choice.get_config()
    return {
        "module": type(choice).__module__,
        "class_name": type(choice).__name__,
        "config": {
            k: _entry(v) if isinstance(v, Spec) else v for k, v in config.items()
        },
        "registered_name": keras.saving.get_registered_name(type(choice)),
    }


def _hypernetwork(old: Mapping[str, Any], limit: int | None) -> Any:
    """With what was the learner's: a limit of memory, the output regulariser."""
    saved = old.get("hypernetwork")
    if not isinstance(saved, dict):
        return saved
    config = dict(saved["config"])
    if limit is not None:
        config["memory_limit"] = limit
    if saved["class_name"] != "MaskBank" and old["protection"] != "hard":
        drift = DriftPenalty(old["beta"], old["output_reduction"], old["sampled_tasks"])
        config["drift"] = _entry(drift)
    return {**saved, "config": config}


def _masks(old: Mapping[str, Any]) -> Masks:
    common = {
        "sparsity": old["sparsity"],
        "activation": old["activation"],
        "scale": old["mask_scale"],
        "ramp_steps": old["ramp_steps"],
    }
    if old["granularity"] == "weight":
        return WeightMasks(**common)
    if old["granularity"] != "unit":
        raise _gone("granularity", old["granularity"])
    reuse = old["reuse"]
    allocation = AnyUnits() if np.min(reuse) == 1 else FreeUnitsFirst(reuse)
    return UnitMasks(
        **common, allocation=allocation, compact_forward=bool(old["narrow"])
    )


def _protection(old: Mapping[str, Any]) -> Protection:
    if old["protection"] == "hard":
        return Freeze()
    return WeightPenalty(old["lam"], on=_PENALIZED[old["protection"]])


def _gone(name: str, given: Any) -> ValueError:
    return ValueError(
        "This learner was made by an earlier version with a choice that is gone, "
        "since no measurement showed it to win. Load it with hypermask-tf 0.1. "
        f"Received: {name}={given!r}"
    )
