"""One score per unit: what makes a task's network physically small."""

from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf.masks.allocation import Allocation
from hypermask_tf.masks.layout import MaskLayout
from hypermask_tf.masks.per_group import Sparsity
from hypermask_tf.masks.roles import Roles
from hypermask_tf.masks.scale import MaskScale
from hypermask_tf.units import FIXED, UnitGraph, VariableUnits

Tensor = Any


class UnitLayout(MaskLayout):
    """One score for every unit (output of a dense layer, channel) of the target.

    A unit's mask value scales every weight that produces it: its kernel column,
    its bias and its normalisation. Weights that read a unit which is off are zero
    as well, so an off unit is exactly off whatever the activation does to zero.
    Input pixels and logits are never units; neither are the outputs of layers
    that `hypermask_tf.units` does not know, which stay dense.

    Args:
        target: The built target network, Functional or Sequential.
        roles: Its variables' roles.
        sparsity: Percentage of units that are off in each group of units.
        activation: Name of a mask activation.
        scale: What mask values that are on are multiplied by, see `masks.scale`.
        allocation: Which units a task may have; None for any.

    Raises:
        ValueError: If the target has no graph to read (a subclassed model), or no
            unit that may be switched off.
    """

    over_units = True

    def __init__(
        self,
        target: keras.Model,
        roles: Roles,
        sparsity: Sparsity,
        activation: str = "abs_tanh",
        scale: MaskScale = 1.0,
        allocation: Allocation | None = None,
    ) -> None:
        variables = target.trainable_variables
        self.graph = UnitGraph(
            target,
            [v for v, m in zip(variables, roles.maskable, strict=True) if m],
        )
        if not self.graph.group_sizes:
            raise ValueError(
                "The target has no hidden units to mask. Add a hidden layer, or use "
                "`masks=WeightMasks()`."
            )
        # A network of a task has so many units, and not one more.
        super().__init__(
            roles,
            self.graph.group_sizes,
            sparsity,
            activation,
            scale,
            allocation,
            exact=True,
        )
        self._specs: list[VariableUnits | None] = []
        for index, variable in enumerate(target.trainable_variables):
            free = roles.maskable[index] or roles.normalization[index]
            self._specs.append(self.graph.units_of(variable) if free else None)
        self._shapes = [tuple(v.shape) for v in target.trainable_variables]

    def masks(self, scores: Tensor, keep: Tensor | None = None) -> list[Tensor | None]:
        values = self.values(scores, keep)
        alive = ops.stop_gradient(ops.cast(ops.not_equal(values, 0), values.dtype))
        return [
            self._mask(spec, shape, values, alive) if spec else None
            for spec, shape in zip(self._specs, self._shapes, strict=True)
        ]

    def units_of(self, index: int) -> VariableUnits | None:
        """Units along the axes of a trainable variable of the target, by index."""
        return self._specs[index]

    def group_layers(self) -> list[tuple[str, ...]]:
        """For each group of units, the names of the layers that make them."""
        return [tuple(group.makers) for group in self.graph.groups()]

    def _mask(
        self, spec: VariableUnits, shape: tuple[int, ...], values: Tensor, alive: Tensor
    ) -> Tensor | None:
        mask = None
        if np.any(spec.out_units != FIXED):
            ones = [1] * len(shape)
            for axis in spec.out_axes:
                ones[axis] = shape[axis]
            mask = ops.reshape(_take(values, spec.out_units.ravel()), ones)
        axes, calls = spec.reads
        readers = [units for units in calls if np.any(units != FIXED)]
        if len(readers) == len(calls) > 0:
            # A row is dead only if its unit is off in every call of the layer.
            rows = _take(alive, readers[0].ravel())
            for units in readers[1:]:
                rows = ops.maximum(rows, _take(alive, units.ravel()))
            ones = [1] * len(shape)
            for axis in axes:
                ones[axis] = shape[axis]
            rows = ops.reshape(rows, ones)
            mask = rows if mask is None else mask * rows
        return mask


def _take(values: Tensor, units: np.ndarray) -> Tensor:
    """values[units] with 1 for `FIXED`; slices where it can, which XLA prefers."""
    size = len(units)
    if units[0] != FIXED and np.array_equal(units, np.arange(size) + units[0]):
        return values[int(units[0]) : int(units[0]) + size]
    with_fixed = ops.concatenate([values, ops.ones((1,), dtype=values.dtype)])
    places = np.where(units == FIXED, values.shape[0], units)
    return ops.take(with_fixed, ops.convert_to_tensor(places, dtype="int32"))
