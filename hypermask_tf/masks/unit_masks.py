"""Masks with a score per unit: what makes the network of a task physically small."""

from typing import Any

import keras

from hypermask_tf import checks
from hypermask_tf.masks.allocation import Allocation, AnyUnits
from hypermask_tf.masks.free_units_first import FreeUnitsFirst
from hypermask_tf.masks.masks import Masks
from hypermask_tf.masks.per_group import Sparsity
from hypermask_tf.masks.roles import Roles
from hypermask_tf.masks.scale import WIDTH, MaskScale
from hypermask_tf.masks.unit_layout import UnitLayout


@keras.saving.register_keras_serializable("hypermask_tf")
class UnitMasks(Masks):
    """One score per output unit of a dense layer, or channel of a convolution.

    A unit that is off is exactly off, weights, bias and normalisation, so a baked
    network loses it. The target must be Functional or Sequential.

    Args:
        sparsity: Percentage of each group of units that is off, 0 to below 100: one
            number, or one per group (`HyperMask.summary` lists them).
        allocation: Which units a task may have: `FreeUnitsFirst()`, the default where
            the protection tracks use, or `AnyUnits()`, the default elsewhere.
        activation, scale, ramp_steps: As in `Masks`.
        compact_forward: Whether a training step computes only the units that are on.
            The outcome is the same, apart from rounding, and the time a fraction. Where
            a target or a ramp does not allow it everything is computed, and
            `HyperMask.dense_fallback_reason` says why.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> UnitMasks(sparsity=80).replace(sparsity=90).sparsity
    90.0

    Source: this library's own; docs/method.md, "Two forms".
    """

    def __init__(
        self,
        sparsity: Sparsity = 90.0,
        allocation: Allocation | None = None,
        activation: str = "abs_tanh",
        scale: MaskScale = WIDTH,
        ramp_steps: int = 0,
        compact_forward: bool = True,
    ) -> None:
        super().__init__(sparsity, activation, scale, ramp_steps)
        if allocation is not None:
            checks.check_part("allocation", allocation, Allocation)
        self.allocation = allocation
        self.compact_forward = bool(compact_forward)

    def layout(self, target: keras.Model, roles: Roles, tracks_use: bool) -> UnitLayout:
        allocation = self.allocation
        if allocation is None:
            allocation = FreeUnitsFirst() if tracks_use else AnyUnits()
        if allocation.excludes_used and not tracks_use:
            raise ValueError(
                f"`allocation={allocation!r}` needs to know which units earlier tasks "
                "use, and this `protection` does not track it. Use `Freeze()` or "
                '`WeightPenalty(on="used")`, or leave `allocation` out.'
            )
        return UnitLayout(
            target, roles, self.sparsity, self.activation, self.scale, allocation
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "allocation": self.allocation,
            "compact_forward": self.compact_forward,
        }
