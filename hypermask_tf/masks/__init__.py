"""Semi-binary masks: thresholds, activations, and what a score stands for."""

from typing import Any

import keras

from hypermask_tf.masks.apply import apply_mask
from hypermask_tf.masks.block_layout import Block4Layout
from hypermask_tf.masks.layout import MaskLayout
from hypermask_tf.masks.per_group import Sparsity
from hypermask_tf.masks.quota import SHARING
from hypermask_tf.masks.roles import Roles, find_roles
from hypermask_tf.masks.scale import WIDTH, MaskScale
from hypermask_tf.masks.task_mask import TaskMask
from hypermask_tf.masks.unit_layout import UnitLayout
from hypermask_tf.masks.weight_layout import WeightLayout

GRANULARITIES: dict[str, type[WeightLayout] | type[UnitLayout]] = {
    "weight": WeightLayout,
    "block4": Block4Layout,
    "unit": UnitLayout,
}


def make_layout(
    granularity: str,
    target: keras.Model,
    roles: Roles,
    sparsity: Sparsity,
    activation: str,
    mask_scale: MaskScale = 1.0,
    **quota: Any,
) -> MaskLayout:
    """The mask layout called `granularity`, for `target`; the rest as it takes.

    Raises:
        ValueError: If the name is unknown or the target does not suit it.
    """
    if granularity not in GRANULARITIES:
        raise ValueError(
            f"`granularity` must be one of {sorted(GRANULARITIES)}. "
            f"Received: granularity={granularity!r}"
        )
    return GRANULARITIES[granularity](
        target, roles, sparsity, activation, mask_scale, **quota
    )


__all__ = [
    "GRANULARITIES",
    "SHARING",
    "WIDTH",
    "Block4Layout",
    "MaskLayout",
    "MaskScale",
    "Roles",
    "Sparsity",
    "TaskMask",
    "UnitLayout",
    "WeightLayout",
    "apply_mask",
    "find_roles",
    "make_layout",
]
