"""Learners saved when each choice was an argument of its own."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from hypermask_tf.hypernetworks import DriftPenalty
from hypermask_tf.learner import choices
from hypermask_tf.masks import Masks
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


def upgraded(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a learner in the form that this version saves.

    Args:
        config: As a file has it, of this version or of an earlier one.

    Raises:
        ValueError: If the learner was made with a choice that is gone.
    """
    if "masks" in config or "base" in config:
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
        "protection": _entry(choices.protection(old["protection"], old["lam"])),
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
    if old["granularity"] not in choices.GRANULARITIES:
        raise _gone("granularity", old["granularity"])
    names = ("granularity", "sparsity", "activation", "mask_scale", "ramp_steps")
    return choices.masks(
        **{name: old[name] for name in names},
        reuse=old["reuse"],
        compact_forward=bool(old["narrow"]),
    )


def _gone(name: str, given: Any) -> ValueError:
    return ValueError(
        "This learner was made by an earlier version with a choice that is gone, "
        "since no measurement showed it to win. Load it with hypermask-tf 0.1. "
        f"Received: {name}={given!r}"
    )
