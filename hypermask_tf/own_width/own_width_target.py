"""A target that computes only the units that are on."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from hypermask_tf.masks import TaskMask, UnitLayout, apply_mask
from hypermask_tf.masks.groups import per_place, ranks, sums
from hypermask_tf.masks.health import health
from hypermask_tf.own_width.take import put_places, take_places
from hypermask_tf.own_width.variable_axes import TargetAxes, VariableAxes

Tensor = Any


class OwnWidthTarget:
    """Runs the network of a task at its own width.

    Of every variable it takes the entries of the units that are on, and gives them to
    a network of that width. Units that are off take no part in the full network, so
    outputs, losses and gradients are the same; only the time is not.

    Args:
        target: The built target network.
        model: The same network at the width of a task; its own values are not used.
        layout: From scores to masks.
        axes: The axes of the target's variables at that width.
    """

    def __init__(
        self,
        target: keras.Model,
        model: keras.Model,
        layout: UnitLayout,
        axes: TargetAxes,
    ) -> None:
        self.model = model
        self._axes = axes.axes
        self._sizes, self._counts = layout.group_sizes, axes.counts
        self._trainable = [axes.of(v) for v in target.trainable_variables]
        self._fixed = [axes.of(v) for v in target.non_trainable_variables]
        self._masked = [
            layout.units_of(i) is not None
            for i in range(len(target.trainable_variables))
        ]

    def run(
        self,
        inputs: Tensor,
        trainable: Sequence[Tensor],
        fixed: Sequence[Tensor],
        mask: TaskMask,
        **kwargs: Any,
    ) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """As `stateless_call` of the target with masked weights and its losses.

        Args:
            inputs: A batch.
            trainable: Values of the target's trainable variables, without their masks.
            fixed: Those of its non-trainable variables.
            mask: The mask of the task.
            **kwargs: `training`, if the target takes it.

        Returns:
            Output, new values of the non-trainable variables, losses of layers: the
            first is NaN if a weight is.
        """
        picks, own, own_fixed = self.at_width(trainable, fixed, mask)
        outputs, updated, losses = self.model.stateless_call(
            own, own_fixed, inputs, return_losses=True, **kwargs
        )
        updated = [
            picks.put(new, old, axes)
            for new, old, axes in zip(updated, fixed, self._fixed, strict=True)
        ]
        return outputs, updated, [health(own), *losses]

    def at_width(
        self, trainable: Sequence[Tensor], fixed: Sequence[Tensor], mask: TaskMask
    ) -> tuple["_Picks", list[Tensor], list[Tensor]]:
        """What was picked, and the values of the variables of `model`."""
        picks = _Picks(self._axes, self._stay(mask.on), mask)
        values = []
        for i, (value, axes) in enumerate(zip(trainable, self._trainable, strict=True)):
            own = picks.take(value, axes)
            if self._masked[i]:
                factor = mask.masks[i] if axes is None else picks.factor(own, axes)
                own = apply_mask(own, factor)
            values.append(own)
        own_fixed = [picks.take(v, a) for v, a in zip(fixed, self._fixed, strict=True)]
        return picks, values, own_fixed

    def _stay(self, on: Tensor) -> Tensor:
        """What is computed: what is on, and as many more as make up the counts.

        Whole groups have some that are off. Every group needs its number: else the
        next one would move up in an axis that holds both.
        """
        counts = ops.convert_to_tensor(self._counts, dtype="int32")
        missing = per_place(counts - sums(on, self._sizes), self._sizes)
        off = ops.logical_not(on)
        more = ops.logical_and(off, ranks(off, self._sizes) <= missing)
        return ops.logical_or(on, more)


class _Picks:
    """What one step takes along each axis.

    Args:
        axes: The axes under their keys.
        stay: Which units are computed.
        mask: The mask of the task.
    """

    def __init__(self, axes: dict[bytes, Any], stay: Tensor, mask: TaskMask) -> None:
        self._axes = axes
        one = ops.ones((1,), dtype=mask.values.dtype)
        self._values = ops.concatenate([mask.values, one])
        self._alive = ops.stop_gradient(
            ops.cast(ops.not_equal(self._values, 0), self._values.dtype)
        )
        self._on = ops.concatenate([stay, ops.ones((1,), dtype="bool")])
        self._picked: dict[bytes, Any] = {}
        self._factors: dict[tuple[bytes, bool], Tensor] = {}

    def _pick(self, key: bytes) -> Any:
        if key not in self._picked:
            self._picked[key] = self._axes[key].pick(self._on)
        return self._picked[key]

    def _factor(self, key: bytes, made: bool) -> Tensor:
        """Along an axis: the units' mask for what makes them, 0 or 1 for readers."""
        if (key, made) not in self._factors:
            _, _, units = self._pick(key)
            source = self._values if made else self._alive
            self._factors[key, made] = ops.take(source, units)
        return self._factors[key, made]

    def take(self, value: Tensor, axes: VariableAxes | None) -> Tensor:
        for axis, key in axes.both if axes else []:
            if not self._axes[key].same:
                places, ranks, _ = self._pick(key)
                value = take_places(value, places, ranks, axis)
        return value

    def put(self, new: Tensor, old: Tensor, axes: VariableAxes | None) -> Tensor:
        """`old` with what became of the entries that were taken."""
        for axis, key in axes.both if axes else []:
            if not self._axes[key].same:
                _, ranks, _ = self._pick(key)
                shape = [1] * len(old.shape)
                shape[axis] = -1
                there = ops.reshape(ranks < self._axes[key].width, shape)
                new = ops.where(there, put_places(new, ranks, axis), old)
        return new

    def factor(self, value: Tensor, axes: VariableAxes) -> Tensor:
        """The mask of a variable at this width; 1 where it has no units."""
        mask = ops.ones((), dtype=self._values.dtype)
        for pair in axes.both:
            axis, key = pair
            shape = [1] * len(value.shape)
            shape[axis] = -1
            mask = mask * ops.reshape(self._factor(key, pair == axes.made), shape)
        return mask
