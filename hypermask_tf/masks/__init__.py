"""Semi-binary masks: thresholds, activations, and what a score stands for."""

from hypermask_tf.masks.allocation import Allocation, AnyUnits
from hypermask_tf.masks.apply import apply_mask
from hypermask_tf.masks.free_units_first import FreeUnitsFirst
from hypermask_tf.masks.layout import MaskLayout
from hypermask_tf.masks.masks import Masks
from hypermask_tf.masks.per_group import Sparsity
from hypermask_tf.masks.roles import Roles, find_roles
from hypermask_tf.masks.scale import WIDTH, MaskScale
from hypermask_tf.masks.task_mask import TaskMask
from hypermask_tf.masks.unit_layout import UnitLayout
from hypermask_tf.masks.unit_masks import UnitMasks
from hypermask_tf.masks.weight_layout import WeightLayout
from hypermask_tf.masks.weight_masks import WeightMasks

__all__ = [
    "WIDTH",
    "Allocation",
    "AnyUnits",
    "FreeUnitsFirst",
    "MaskLayout",
    "MaskScale",
    "Masks",
    "Roles",
    "Sparsity",
    "TaskMask",
    "UnitLayout",
    "UnitMasks",
    "WeightLayout",
    "WeightMasks",
    "apply_mask",
    "find_roles",
]
