"""Slices of tensors."""

from typing import Any

import numpy as np

from hypermask_tf.units.rules.moving import Move
from hypermask_tf.units.rules.registry import register_rule
from hypermask_tf.units.rules.rule import Arrays, Rule
from hypermask_tf.units.step import Step


@register_rule("GetItem")
class GetItem(Move):
    """Slices of places."""

    @classmethod
    def of(cls, step: Step) -> Rule:
        same = step.in_widths[:1] == step.out_widths
        return cls(step) if same else ChannelSlice(step)

    @classmethod
    def check(cls, operation: Any, given: Any, result: Any) -> None:
        before, after = operation.input.shape[-1], operation.output.shape[-1]
        if given.shape[-1] != before and (
            before != after or result.shape[-1] != given.shape[-1]
        ):
            raise ValueError(
                f"The slice {operation.name!r} takes {after} of {before} channels by "
                "number and cannot follow another width. "
                f"Received: {given.shape[-1]} channels"
            )

    @property
    def _key(self) -> Any:
        return self.step.node.arguments.args[1]

    def _move(self, array: np.ndarray) -> Any:
        return array[tuple(self._key) if isinstance(self._key, list) else self._key]


class ChannelSlice(GetItem):
    """x[…, a:b]: some channels, one after the other.

    Its key is no configuration but an argument of the call; `Builder` knows.
    """

    per_layer = True

    def applies(self) -> bool:
        """Whether numbers and slices alone say what is taken, channels in order."""
        _, *key = self.step.node.arguments.args
        key = list(key[0]) if key and isinstance(key[0], list | tuple) else []
        of_axes = [part for part in key if part is not None]
        return (
            self.is_one_to_one
            and bool(key)
            and all(isinstance(p, int | slice) or p is Ellipsis for p in of_axes)
            and isinstance(key[-1], slice)
            and key[-1].step in (None, 1)
            and (
                len(of_axes) == len(self.step.input_shapes[0])
                or any(part is Ellipsis for part in of_axes)
            )
        )

    def config(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, Any]:
        if kept_in[0].all():
            return {}
        start, _, _ = self._key[-1].indices(self.in_widths[0])
        first = int(kept_in[0][:start].sum())
        return {"key": (*self._key[:-1], slice(first, first + int(kept_out[0].sum())))}
