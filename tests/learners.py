"""Learners by short words, for tests that go through many choices."""

from typing import Any

import keras

import hypermask_tf as hm
from hypermask_tf.learner import choices

_MASKS = "granularity sparsity activation mask_scale ramp_steps reuse".split()
_DRIFT = {
    "beta": "strength",
    "output_reduction": "reduction",
    "sampled_tasks": "sampled_tasks",
}


def hyper_mask(
    target: keras.Model,
    num_tasks: int,
    hypernetwork: hm.Hypernetwork | None = None,
    *,
    protection: str = "used",
    lam: float = 1.0,
    narrow: bool = True,
    head: str = "shared",
    **words: Any,
) -> hm.HyperMask:
    """A `HyperMask` whose masks, protection and drift are said in single words."""
    masks = {name: words.pop(name) for name in _MASKS if name in words}
    drift = {now: words.pop(old) for old, now in _DRIFT.items() if old in words}
    hypernetwork = hypernetwork or hm.MLPHypernetwork()
    if "memory_limit" in words:
        hypernetwork.memory_limit = words.pop("memory_limit")
    chosen = choices.protection(protection, lam)
    if hypernetwork.shared and not chosen.freezes:
        hypernetwork.drift = hm.DriftPenalty(**drift)
    return hm.HyperMask(
        target,
        num_tasks,
        choices.masks(compact_forward=narrow, **masks),
        chosen,
        hypernetwork,
        head,
        **words,
    )
