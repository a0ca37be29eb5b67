"""What the widths of some layers mean for the tensors of a graph."""

from collections.abc import Mapping
from typing import Any

from hypermask_tf.units.flat_graph import FlatGraph
from hypermask_tf.units.rules import Pad, Rule, rule_for
from hypermask_tf.units.step import Step


class Widths:
    """The new size of each tensor's last axis, as far as it must be known early.

    Most sizes follow by themselves when layers are called on other inputs. Not so
    the channels that `keras.ops.pad` adds: they depend on what the padded tensor
    is added to, which may be made later.

    Args:
        graph: The graph of the model.
        widths: New units, filters or output dimension by path of the layer.

    Raises:
        ValueError: If a path is unknown or names a layer without a width, or a
            width is no positive integer.
    """

    def __init__(self, graph: FlatGraph, widths: Mapping[str, int]) -> None:
        self._graph = graph
        self._rules = [rule_for(step) for step in graph.steps]
        self._given = self._by_operation(widths)
        # Tensors of one class have one width; None where it is not known yet.
        self._class = list(range(len(graph.shapes)))
        self._width: dict[int, int] = {}
        for rule in self._rules:
            if rule.keeps_channels:
                self._merge(rule.step)
        for t in graph.inputs:
            self._set(t, graph.width(t))
        self._spread()

    def changes(self, pad_behind: bool = False) -> dict[int, dict[str, Any]]:
        """Changes of configurations, by identity of the operation.

        Args:
            pad_behind: Whether padding adds all channels behind those it gets,
                instead of before and behind in the old proportion.
        """
        changes: dict[int, dict[str, Any]] = {
            key: {name: w} for key, (name, w) in self._given.items()
        }
        for rule in self._rules:
            if isinstance(rule, Pad):
                front, back = self._pads_of(rule.step, *rule.pads[-1])
                own = (0, front + back) if pad_behind else (front, back)
                pads = [*rule.pads[:-1], own]
                changes[id(rule.step.operation)] = {"pad_width": pads}
        return changes

    def _get(self, tensor: int) -> int | None:
        return self._width.get(self._root(tensor))

    def _set(self, tensor: int, width: int | None) -> None:
        if width is not None:
            self._width.setdefault(self._root(tensor), width)

    def _root(self, tensor: int) -> int:
        while self._class[tensor] != tensor:
            tensor = self._class[tensor]
        return tensor

    def _merge(self, step: Step) -> None:
        width, out = self._graph.width, step.outputs[0]
        for t in step.inputs:
            if width(t) == width(out):
                self._class[self._root(t)] = self._root(out)

    def _spread(self) -> None:
        """Widths go forward through the calls until no more become known."""
        pads = [rule for rule in self._rules if isinstance(rule, Pad)]
        others = [r for r in self._rules if r not in pads or not any(r.pads[-1])]
        while True:
            known = -1
            while known != (known := len(self._width)):
                for rule in others:
                    self._forward(rule)
            ready = [
                pad
                for pad in pads
                if self._get(pad.step.outputs[0]) is None
                and self._get(pad.step.inputs[0]) is not None
            ]
            if not ready:
                return
            # Nothing says what this one should become: it pads as before.
            step = ready[0].step
            width = self._get(step.inputs[0]) or 0
            self._set(step.outputs[0], width + sum(ready[0].pads[-1]))

    def _forward(self, rule: Rule) -> None:
        step = rule.step
        before = [self._graph.width(t) for t in step.inputs]
        after = [self._get(t) for t in step.inputs]
        known = [width for width in after if width is not None]
        for t in step.outputs:
            out = self._graph.width(t)
            if id(step.operation) in self._given:
                self._set(t, self._given[id(step.operation)][1])
            elif rule.width_name:
                self._set(t, out)
            elif len(known) == len(after):
                self._set(t, rule.out_width(out, before, known))

    def _pads_of(self, step: Step, before: int, after: int) -> tuple[int, int]:
        if not before + after:
            return before, after
        inner, outer = self._get(step.inputs[0]), self._get(step.outputs[0])
        total = (outer or 0) - (inner or 0)
        if inner is None or outer is None or total < 0:
            raise ValueError(
                f"{step.path!r} pads channels and cannot make {outer} of {inner}: "
                "the tensor it is added to must be at least as wide. "
                f"Received: widths that ask for {total} more channels"
            )
        # In the old proportion, so that what was padded evenly still is.
        front = total * before // (before + after)
        return front, total - front

    def _by_operation(self, widths: Mapping[str, int]) -> dict[int, tuple[str, int]]:
        """Name of the width and its new value, by identity of the operation."""
        rules = {r.step.path: r for r in self._rules if r.width_name}
        given: dict[int, tuple[str, int]] = {}
        for path, width in widths.items():
            name = rules[path].width_name if path in rules else None
            if name is None:
                raise ValueError(
                    "`widths` must name layers with units, filters or output_dim: "
                    f"{list(rules)}. Received: {path!r}"
                )
            if not isinstance(width, int) or width < 1:
                raise ValueError(
                    "A width must be a positive int. "
                    f"Received: widths[{path!r}]={width!r}"
                )
            given[id(rules[path].step.operation)] = name, width
        return given
