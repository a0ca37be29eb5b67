"""The rule for slices of channels."""

from typing import Any

import numpy as np

from hypermask_tf.compaction.rules.barrier import Arrays, Barrier
from hypermask_tf.compaction.sites import Sites
from hypermask_tf.units.step import Step


class ChannelSlice(Barrier):
    """x[…, a:b]: some channels, one after the other.

    Its key is no configuration but an argument of the call; `Builder` knows.
    """

    per_layer = True

    @classmethod
    def applies(cls, step: Step) -> bool:
        """Whether numbers and slices alone say what is taken, channels in order."""
        _, *key = step.node.arguments.args
        key = list(key[0]) if key and isinstance(key[0], list | tuple) else []
        of_axes = [part for part in key if part is not None]
        return (
            bool(key)
            and all(isinstance(p, int | slice) or p is Ellipsis for p in of_axes)
            and isinstance(key[-1], slice)
            and key[-1].step in (None, 1)
            and (
                len(of_axes) == len(step.input_shapes[0])
                or any(part is Ellipsis for part in of_axes)
            )
        )

    @property
    def _taken(self) -> slice:
        start, stop, _ = self._key[-1].indices(self.in_widths[0])
        return slice(start, stop)

    @property
    def _key(self) -> Any:
        return self.step.node.arguments.args[1]

    def constants(self, inputs: Arrays) -> Arrays:
        return [inputs[0][self._taken]]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        result = np.zeros(self.in_widths[0], dtype=bool)
        result[self._taken] = needed[0]
        return [result]

    def config(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, Any]:
        if kept_in[0].all():
            return {}
        start = int(kept_in[0][: self._taken.start].sum())
        return {"key": (*self._key[:-1], slice(start, start + int(kept_out[0].sum())))}

    def _sites(self, pool: Sites, inputs: Arrays) -> Arrays:
        return [inputs[0][self._taken]]
