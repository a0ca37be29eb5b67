"""What the widths of some layers mean for the tensors of a graph."""

from collections.abc import Mapping
from typing import Any

from hypermask_tf.compaction.rules import CHANNEL_KEEPING, pad_widths
from hypermask_tf.units.flat_graph import FlatGraph
from hypermask_tf.units.step import Step

_NAMES = ("units", "filters", "output_dim")


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
        self._given = _by_operation(graph, widths)
        # Tensors of one class have one width; None where it is not known yet.
        self._class = list(range(len(graph.shapes)))
        self._width: dict[int, int] = {}
        for step in graph.steps:
            if step.kind in CHANNEL_KEEPING:
                self._merge(step)
        for t in graph.inputs:
            self._set(t, graph.width(t))
        self._spread()

    def changes(self) -> dict[int, dict[str, Any]]:
        """Changes of configurations, by identity of the operation."""
        changes: dict[int, dict[str, Any]] = {
            key: {name: w} for key, (name, w) in self._given.items()
        }
        for step in self._graph.steps:
            if step.kind == "Pad":
                pads = pad_widths(step)
                pads[-1] = self._pads_of(step, *pads[-1])
                changes[id(step.operation)] = {"pad_width": pads}
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
        pads = [step for step in self._graph.steps if step.kind == "Pad"]
        while True:
            known = -1
            while known != (known := len(self._width)):
                for step in self._graph.steps:
                    if step.kind != "Pad" or not any(pad_widths(step)[-1]):
                        self._forward(step)
            open_pads = [s for s in pads if self._get(s.outputs[0]) is None]
            closed = [s for s in open_pads if self._get(s.inputs[0]) is not None]
            if not closed:
                return
            # Nothing says what this one should become: it pads as before.
            step = closed[0]
            width = self._get(step.inputs[0]) or 0
            self._set(step.outputs[0], width + sum(pad_widths(step)[-1]))

    def _forward(self, step: Step) -> None:
        before = [self._graph.width(t) for t in step.inputs]
        after = [self._get(t) for t in step.inputs]
        for t in step.outputs:
            self._set(t, self._out_width(step, self._graph.width(t), before, after))

    def _out_width(
        self, step: Step, out: int, before: list[int], after: list[int | None]
    ) -> int | None:
        """The new width of an output that was `out` wide, None if not known yet."""
        if id(step.operation) in self._given:
            return self._given[id(step.operation)][1]
        if step.is_layer and any(hasattr(step.operation, n) for n in _NAMES):
            return out
        known = [width for width in after if width is not None]
        if len(known) < len(after):
            return None
        if step.kind == "Concatenate" and out == sum(before) and len(before) > 1:
            return sum(known)
        if len(before) == 1 and (out % before[0] == 0 or before[0] % out == 0):
            return out * known[0] // before[0]
        same = [a for b, a in zip(before, known, strict=True) if b == out]
        return same[0] if same else out

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


def _by_operation(
    graph: FlatGraph, widths: Mapping[str, int]
) -> dict[int, tuple[str, int]]:
    """Name of the width and its new value, by identity of the operation."""
    layers = {step.path: step.operation for step in graph.steps if step.is_layer}
    given: dict[int, tuple[str, int]] = {}
    for path, width in widths.items():
        layer = layers.get(path)
        name = next((n for n in _NAMES if hasattr(layer, n)), None)
        if name is None:
            known = [
                p for p, one in layers.items() if any(hasattr(one, n) for n in _NAMES)
            ]
            raise ValueError(
                "`widths` must name layers with units, filters or output_dim: "
                f"{known}. Received: {path!r}"
            )
        if not isinstance(width, int) or width < 1:
            raise ValueError(
                f"A width must be a positive int. Received: widths[{path!r}]={width!r}"
            )
        given[id(layer)] = name, width
    return given
