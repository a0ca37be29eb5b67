"""The unit graph of a Functional or Sequential Keras model."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np

from hypermask_tf.units.reader import Reader
from hypermask_tf.units.summary import describe
from hypermask_tf.units.unit_group import UnitGroup, groups_of
from hypermask_tf.units.unit_pool import FIXED
from hypermask_tf.units.unit_step import UnitStep
from hypermask_tf.units.variable_units import VariableUnits


class UnitGraph:
    """Which units the axes of a model's variables stand for.

    Dense and convolution layers make units; activations, pooling and padding hand
    them on; where tensors are added or multiplied, their units become one, so that
    residual branches agree. The model's inputs and outputs are never units
    (`FIXED`), nor is what comes out of a layer without a rule.

    A unit that is off has zeros for every weight that belongs to it, so none of
    these weights matters. The weights that read it are zero as well, so that most
    units could be taken out of the model without changing it; `removable` says
    which. The others are seen by somebody whose weights cannot be cut: a layer
    without a rule (`register_rule` gives it one), a frozen one, one that couples the
    channels, or a shared layer that gets a live unit in another call.

    Behind a coupled layer this holds of an off unit: its weights do not matter, and
    no kernel reads its position. The position is an exact zero if the layer scales
    it (the scale and offset are zeros then) or makes zeros of zeros (RMS and unit
    norm); after a layer norm without scale, or a softmax, it holds what the other
    units make of it. It counts in the statistics of the others, so it cannot be
    taken out.

    Args:
        model: A built Functional or Sequential model, channels last.
        maskable: Variables that may be masked, None for all. A layer whose kernel
            may not, a frozen one for instance, makes no units: nothing could learn
            which of them to switch off.

    Attributes:
        num_units: Number of units that can be switched off.
        group_sizes: Sizes of the groups of units, in order. Units are in one group
            if the same layers make them: one layer, or those that a residual
            connection ties together.
        opaque: Names of the layers without a rule that units end in, or that have
            weights of their own.
        coupled: Names of the layers in which a channel depends on the others, such
            as LayerNormalization and softmax.
        removable: Bool array `(num_units,)`.
        seen_by: Units that are not removable, under the names of the layers that
            see them.
        steps: The calls of the model's layers in order, nested models opened up.

    Raises:
        ValueError: If the model has no graph, or is channels first.

    Example:

    >>> import keras
    >>> x = keras.Input((8,))
    >>> y = keras.layers.Dense(4)(keras.layers.Dense(16)(x))
    >>> UnitGraph(keras.Model(x, y)).group_sizes
    (16,)
    """

    def __init__(
        self, model: keras.Model, maskable: Sequence[Any] | None = None
    ) -> None:
        reader = Reader(model, maskable)
        recorder = reader.recorder
        numbers, self.group_sizes = recorder.pool.number()
        self.num_units = sum(self.group_sizes)
        self._specs = recorder.specs
        self.steps: list[UnitStep] = reader.steps
        for spec in self._specs.values():
            spec.renumber(numbers)
        for step in self.steps:
            step.renumber(numbers)
        self.opaque = _unique(
            name for name, weights, u in reader.lost if weights or self._any(numbers[u])
        )
        self.coupled = _unique(
            name for name, units in recorder.coupled if self._any(numbers[units])
        )
        self.removable = np.ones(self.num_units, bool)
        self.seen_by: dict[str, np.ndarray] = {}
        for name, units in (
            *((name, units) for name, _, units in reader.lost),
            *recorder.coupled,
            *reader.uncut,
        ):
            seen = np.setdiff1d(numbers[units], FIXED)
            self.removable[seen] = False
            if seen.size:
                self.seen_by[name] = np.union1d(self.seen_by.get(name, seen), seen)

    @staticmethod
    def _any(units: np.ndarray) -> bool:
        return bool(np.any(units != FIXED))

    def units_of(self, variable: Any) -> VariableUnits | None:
        """Units along the axes of `variable`; None if it carries none."""
        spec = self._specs.get(id(variable))
        if spec is None or all(
            np.all(units == FIXED) for units in (spec.out_units, *spec.reads[1])
        ):
            return None
        return spec

    def groups(self) -> list[UnitGroup]:
        """For each group of units, the layers around it."""
        return groups_of(self)

    def summary(self, print_fn: Callable[[str], None] | None = None) -> None:
        """Prints a table of the groups and the layers around them.

        Args:
            print_fn: Takes the text in place of `print`.

        Example:

        >>> import keras
        >>> x = inputs = keras.Input((8,))
        >>> x = keras.layers.Dense(16, name="hidden")(x)
        >>> x = keras.layers.Dense(4, name="logits")(x)
        >>> UnitGraph(keras.Model(inputs, x)).summary()
        group  units  made by  read by
        0      16     hidden   logits
        groups: 1, units: 16, removable: 16
        """
        (print_fn or print)(describe(self))


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
