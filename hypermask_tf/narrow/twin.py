"""Builds the network of a task's width, and tries whether it is the same network."""

import random
from collections.abc import Sequence
from typing import Any

import keras

from hypermask_tf.compaction.builder import Builder
from hypermask_tf.compaction.flat_graph import FlatGraph
from hypermask_tf.compaction.rules import pad_widths
from hypermask_tf.compaction.widths import Widths
from hypermask_tf.masks import UnitLayout
from hypermask_tf.narrow.narrow_axis import ORDERS
from hypermask_tf.narrow.narrow_target import NarrowTarget
from hypermask_tf.narrow.not_narrow_error import NotNarrowError
from hypermask_tf.narrow.trial import agrees
from hypermask_tf.narrow.variable_axes import TargetAxes
from hypermask_tf.units import UnitGraph


def make_narrow(
    target: keras.Model, layout: UnitLayout, counts: Sequence[int]
) -> NarrowTarget:
    """The target at the width of a task.

    There is none if a layer cannot follow another width, penalises its outputs, or
    needs its channels in an order that changes with the task. Nothing is taken on
    trust: both networks must give the same on random weights and units.

    Args:
        target: The built target network.
        layout: Its masks.
        counts: How many units of each group a task has at most.

    Raises:
        NotNarrowError: If there is none.
    """
    if tuple(counts) == layout.graph.group_sizes:
        raise NotNarrowError("no unit is off")
    if _penalises_outputs(target):
        raise NotNarrowError("a layer penalises its outputs, of units that are off too")
    # Building draws seeds; whoever counts on their order shall not notice.
    state, graph = random.getstate(), FlatGraph(target)
    reason = "a layer cannot follow another width"
    try:
        for order in reversed(ORDERS) if _pads_channels(graph) else ORDERS:
            axes = TargetAxes(target, layout.graph, counts, order)
            if all(axis.same for axis in axes.axes.values()):
                raise NotNarrowError("no unit that is off can be cut out")
            twin = _twin(target, graph, axes, _widths(axes, layout.graph), order)
            if twin is not None:
                narrow = NarrowTarget(target, twin, layout, axes)
                if agrees(narrow, target, layout, counts):
                    return narrow
                reason = "a network of that width did not agree with it in a trial"
        raise NotNarrowError(reason)
    finally:
        random.setstate(state)


def _penalises_outputs(target: keras.Model) -> bool:
    """Whether a layer adds a loss of what it puts out: of units that are off, too."""
    weights = sum(v.regularizer is not None for v in target.trainable_variables)
    return len(target.losses) > weights or any(
        getattr(layer, "activity_regularizer", None) is not None
        for layer in target._flatten_layers()
    )


def _twin(
    target: keras.Model,
    graph: FlatGraph,
    axes: TargetAxes,
    widths: dict[str, int],
    order: str,
) -> keras.Model | None:
    try:
        changes = Widths(graph, widths).changes()
        if order == "group":
            _pad_behind(graph, changes)
        twin = Builder(changes).build(target)
    except (ValueError, TypeError, NotImplementedError):
        # A layer cannot follow, or says not how it is made: no error, only no gain.
        return None
    expected = [axes.shape(v) for v in target.variables]
    if [tuple(v.shape) for v in twin.variables] != expected:
        return None
    return twin


def _widths(axes: TargetAxes, graph: UnitGraph) -> dict[str, int]:
    """Widths of the layers that make units, by path."""
    widths = {}
    for step in graph.steps:
        for variable in getattr(step.operation, "weights", []):
            spec, own = graph.units_of(variable), axes.of(variable)
            if spec is not None and spec.makes and own is not None and own.made:
                widths[step.name] = axes.axes[own.made[1]].width
    return widths


def _pads_channels(graph: FlatGraph) -> bool:
    return any(any(pad_widths(step)[-1]) for step in graph.steps if step.kind == "Pad")


def _pad_behind(graph: FlatGraph, changes: dict[int, dict[str, Any]]) -> None:
    """Channels that padding adds come after those it got, as earlier groups do."""
    for step in graph.steps:
        if step.kind == "Pad":
            *others, channels = changes[id(step.operation)]["pad_width"]
            changes[id(step.operation)]["pad_width"] = [*others, (0, sum(channels))]
