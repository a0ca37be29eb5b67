"""The rule for `keras.ops.pad` with a constant."""

from typing import Any

import numpy as np

from hypermask_tf.compaction.rules.barrier import Arrays, Barrier
from hypermask_tf.compaction.sites import Sites
from hypermask_tf.units.step import Step


class Pad(Barrier):
    """`keras.ops.pad`: new channels that are constant, and old ones between them."""

    per_layer = True

    def __init__(self, step: Step, widths: tuple[list[int], list[int]]) -> None:
        super().__init__(step, widths)
        self.pads = pad_widths(step)
        call = step.node.arguments
        given = [*call.args[1:], *call.kwargs.values()]
        self.value = next((float(v) for v in given if v is not None), 0.0)

    @property
    def _old(self) -> slice:
        before = self.pads[-1][0]
        return slice(before, before + self.in_widths[0])

    def constants(self, inputs: Arrays) -> Arrays:
        values = inputs[0]
        if any(before or after for before, after in self.pads[:-1]):
            values = np.where(values == self.value, values, np.nan)
        result = np.full(self.out_widths[0], self.value)
        result[self._old] = values
        return [result]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        return [needed[0][self._old]]

    def config(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, Any]:
        kept, old = kept_out[0], self._old
        before, after = int(kept[: old.start].sum()), int(kept[old.stop :].sum())
        return {"pad_width": [*self.pads[:-1], (before, after)]}

    def _sites(self, pool: Sites, inputs: Arrays) -> Arrays:
        before, after = self.pads[-1]
        return [np.concatenate([pool.new(before), inputs[0], pool.new(after)])]


def pad_widths(step: Step) -> list[tuple[int, int]]:
    """Pads before and after, one pair per axis."""
    pads = [(int(pair[0]), int(pair[-1])) for pair in step.operation.pad_width]
    rank = len(step.input_shapes[0])
    return pads * rank if len(pads) == 1 else pads
