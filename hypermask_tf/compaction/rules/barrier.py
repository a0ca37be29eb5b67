"""The rule for what we do not know, and the interface of all rules."""

from typing import Any

import numpy as np

from hypermask_tf.compaction.sites import Sites
from hypermask_tf.units.step import Step

Arrays = list[np.ndarray]


class Barrier:
    """How positions along the last axis pass one call; here: not at all.

    The rule of every operation without a rule of its own: it reads every position
    of its inputs, its outputs are never constant, and neither loses a position.
    Other rules derive from it.

    Args:
        step: The call.
        widths: Sizes of the last axes of its inputs and of its outputs.

    Attributes:
        per_layer: Whether all calls of a layer share one rule, because they share
            weights or an explicit shape.
        total: Whether it is finite on all numbers. If not, inputs that stay are
            computed, needed or not: zeros times what is not finite are no zeros.
    """

    per_layer = False
    total = True

    def __init__(self, step: Step, widths: tuple[list[int], list[int]]) -> None:
        self.step = step
        self.in_widths, self.out_widths = widths
        self._first: tuple[Arrays, Arrays] | None = None

    def sites(self, pool: Sites, inputs: Arrays) -> Arrays:
        """Sites of the outputs; calls of one layer are tied to its first."""
        if not self.per_layer:
            return self._sites(pool, inputs)
        if self._first is None:
            self._first = inputs, self._sites(pool, inputs)
        for first, other in zip(self._first[0], inputs, strict=True):
            pool.merge(first, other)
        return self._first[1]

    def constants(self, inputs: Arrays) -> Arrays:
        """Values of the outputs' positions, NaN where they vary, from the inputs'."""
        return [np.full(width, np.nan) for width in self.out_widths]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        """Which positions of the inputs must hold their value.

        Args:
            constants: Values of the inputs' positions, NaN where they vary.
            needed: Which positions of the outputs must hold their value.
        """
        return [np.ones(width, dtype=bool) for width in self.in_widths]

    def config(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, Any]:
        """What changes in the operation's configuration."""
        return {}

    def weights(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, np.ndarray]:
        """The variables that change, by attribute name; the others are copied."""
        return {}

    def _sites(self, pool: Sites, inputs: Arrays) -> Arrays:
        for sites in inputs:
            pool.keep(sites)
        return [pool.new(width, keep=True) for width in self.out_widths]
