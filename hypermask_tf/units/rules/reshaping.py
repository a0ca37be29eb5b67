"""Flatten, reshape and padding of channels."""

from typing import Any

import numpy as np

from hypermask_tf.units.rules.registry import register_rule
from hypermask_tf.units.rules.rule import Arrays, Rule
from hypermask_tf.units.unit_pool import UnitPool
from hypermask_tf.units.unit_recorder import UnitRecorder


@register_rule("Flatten", "Reshape")
class Reshape(Rule):
    """The last axis keeps, gathers or splits channels.

    (h, w, c) to (h·w·c,): output i reads channel i mod c. (h·w·c,) to (h, w, c): the
    other way round, and what becomes one channel is cut together.
    """

    per_layer = True

    def units(self, recorder: UnitRecorder, inputs: Arrays) -> Arrays | None:
        units, shape = inputs[0], self.step.output_shapes[0]
        if shape[-1] is None or len(shape) < 2:
            return None
        if shape[-1] % units.size == 0:  # c varies fastest
            return [np.tile(units, shape[-1] // units.size)]
        # Units that become one channel would have to be one.
        rows = units.reshape(-1, shape[-1]) if units.size % shape[-1] == 0 else None
        return [rows[0]] if rows is not None and (rows == rows[0]).all() else None

    def pass_units(self, pool: UnitPool, inputs: Arrays) -> Arrays | None:
        width = self.out_widths[0]
        if self._gathers:
            return [np.tile(inputs[0], width // inputs[0].size)]
        rows = inputs[0].reshape(-1, width)
        for row in rows[1:]:
            pool.merge(rows[0], row)
        return [rows[0]]

    def applies(self) -> bool:
        before, after = self.in_widths[0], self.out_widths[0]
        return self.is_one_to_one and (after % before == 0 or before % after == 0)

    def constants(self, inputs: Arrays) -> Arrays:
        values, width = inputs[0], self.out_widths[0]
        if self._gathers:
            return [np.tile(values, width // values.size)]
        rows = values.reshape(-1, width)
        return [np.where((rows == rows[0]).all(axis=0), rows[0], np.nan)]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        width = self.in_widths[0]
        if self._gathers:
            return [np.asarray(needed[0].reshape(-1, width).any(axis=0))]
        return [np.tile(needed[0], width // needed[0].size)]

    @classmethod
    def follow(cls, operation: Any, given: Any) -> dict[str, Any]:
        """The target of a Reshape; Flatten has none."""
        names = ("target_shape", "newshape")
        name = next((n for n in names if hasattr(operation, n)), None)
        before, after = operation.input.shape[-1], given.shape[-1]
        if name is None or before == after or getattr(operation, name)[-1] == -1:
            return {}
        *rest, last = getattr(operation, name)
        scaled, left = divmod(last * after, before)
        if left:
            raise ValueError(
                f"Reshape {operation.name!r} makes its last axis of {last} from "
                f"{before} channels and cannot from {after}: give the layer before it "
                f"a width of which {last} · width / {before} is whole. "
                f"Received: {after} channels"
            )
        return {name: (*rest, scaled)}

    @property
    def _gathers(self) -> bool:
        return self.out_widths[0] % self.in_widths[0] == 0


@register_rule("Pad")
class Pad(Rule):
    """`keras.ops.pad`: new channels that are constant, and old ones between them.

    Units: zeros beside the channels are nothing at all.
    """

    per_layer = True

    def units(self, recorder: UnitRecorder, inputs: Arrays) -> Arrays | None:
        before, after = self.pads[-1]
        if before == after == 0:
            return inputs[:1]
        if self.step.operation.mode != "constant":
            return None
        value = self.step.node.arguments.kwargs.get("constant_values")
        zeros = value is None or not np.any(value)
        fill = recorder.pool.nothing if zeros else recorder.pool.fixed
        return [np.concatenate([fill(before), inputs[0], fill(after)])]

    def pass_units(self, pool: UnitPool, inputs: Arrays) -> Arrays | None:
        before, after = self.pads[-1]
        return [np.concatenate([pool.new(before), inputs[0], pool.new(after)])]

    def applies(self) -> bool:
        values = [a for a in self.step.other_arguments if a is not None]
        return (
            self.is_one_to_one
            and self.step.operation.mode == "constant"
            and all(isinstance(a, int | float) for a in values)
            and len(self.pads) == len(self.step.input_shapes[0])
        )

    def constants(self, inputs: Arrays) -> Arrays:
        values, fill = inputs[0], self._value
        if any(before or after for before, after in self.pads[:-1]):
            values = np.where(values == fill, values, np.nan)
        result = np.full(self.out_widths[0], fill)
        result[self._old] = values
        return [result]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        return [needed[0][self._old]]

    def config(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, Any]:
        kept, old = kept_out[0], self._old
        before, after = int(kept[: old.start].sum()), int(kept[old.stop :].sum())
        return {"pad_width": [*self.pads[:-1], (before, after)]}

    @property
    def pads(self) -> list[tuple[int, int]]:
        """Pads before and after, one pair per axis."""
        pads = [(int(pair[0]), int(pair[-1])) for pair in self.step.operation.pad_width]
        rank = len(self.step.input_shapes[0])
        return pads * rank if len(pads) == 1 else pads

    @property
    def _old(self) -> slice:
        before = self.pads[-1][0]
        return slice(before, before + self.in_widths[0])

    @property
    def _value(self) -> float:
        call = self.step.node.arguments
        given = [*call.args[1:], *call.kwargs.values()]
        return next((float(v) for v in given if v is not None), 0.0)
