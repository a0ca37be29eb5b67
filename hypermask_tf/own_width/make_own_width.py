"""Builds a network of a task's width, and tries whether it computes the same."""

import random
from collections.abc import Sequence

import keras

from hypermask_tf.compaction.widths import Widths
from hypermask_tf.keras_private import all_layers
from hypermask_tf.masks import UnitLayout
from hypermask_tf.own_width.own_width_error import OwnWidthError
from hypermask_tf.own_width.own_width_target import OwnWidthTarget
from hypermask_tf.own_width.picked_axis import ORDERS
from hypermask_tf.own_width.trial import disagreement
from hypermask_tf.own_width.variable_axes import TargetAxes
from hypermask_tf.surgery.builder import Builder
from hypermask_tf.surgery.clone import without_class
from hypermask_tf.surgery.state import copy_derived_state
from hypermask_tf.units import UnitGraph
from hypermask_tf.units.flat_graph import FlatGraph
from hypermask_tf.units.rules import Pad, rule_for


def make_own_width(
    target: keras.Model, layout: UnitLayout, counts: Sequence[int]
) -> OwnWidthTarget:
    """The target at the width of a task.

    There is none if a layer cannot follow another width, penalises its outputs, or
    needs its channels in an order that changes with the task. Nothing is taken on
    trust: both networks must give the same on random weights and units.

    Args:
        target: The built target network.
        layout: Its masks.
        counts: How many units of each group a task has at most.

    Raises:
        OwnWidthError: If there is none.
    """
    if tuple(counts) == layout.graph.group_sizes:
        raise OwnWidthError("no unit is off")
    if names := _penalising(target):
        raise OwnWidthError(
            f"layer {names[0]!r} penalises its outputs, of units that are off too"
        )
    # Building layers draws seeds, which must not shift those of the user's program.
    state, graph = random.getstate(), FlatGraph(target)
    reason = ""
    try:
        for order in reversed(ORDERS) if _pads_channels(graph) else ORDERS:
            axes = TargetAxes(target, layout.graph, counts, order)
            if all(axis.same for axis in axes.axes.values()):
                raise OwnWidthError(_uncut(layout.graph))
            try:
                widths = _widths(axes, layout.graph)
                model = _build(target, graph, axes, widths, order)
            except Exception as error:  # whatever a layer raises: no gain, no error
                text = (str(error) or repr(error)).splitlines()[0]
                reason = f"a layer cannot follow another width: {text}"
                continue
            own_width = OwnWidthTarget(target, model, layout, axes)
            reason = disagreement(own_width, target, layout, counts)
            if not reason:
                return own_width
        raise OwnWidthError(reason)
    finally:
        random.setstate(state)


def _uncut(graph: UnitGraph) -> str:
    """Why no unit can be cut out, with the layers that see them."""
    seen = ", ".join(repr(name) for name in list(graph.seen_by)[:3])
    reason = "no unit that is off can be cut out"
    return f"{reason}: layers that see all are {seen}" if seen else reason


def _penalising(target: keras.Model) -> list[str]:
    """Layers that add a loss of what they put out: of units that are off, too."""
    named = [
        layer.name
        for layer in all_layers(target)
        if getattr(layer, "activity_regularizer", None) is not None or layer._losses
    ]
    weights = sum(v.regularizer is not None for v in target.trainable_variables)
    return named or ([target.name] if len(target.losses) > weights else [])


def _build(
    target: keras.Model,
    graph: FlatGraph,
    axes: TargetAxes,
    widths: dict[str, int],
    order: str,
) -> keras.Model:
    """The network at that width.

    Raises whatever a layer raises that cannot follow.
    """
    # Units of earlier groups come first, so channels that padding adds come last.
    changes = Widths(graph, widths).changes(pad_behind=order == "group")
    builder = Builder(changes)
    model = builder.build(without_class(target))
    copy_derived_state(builder.made.values())
    for own, variable in zip(model.variables, target.variables, strict=True):
        if tuple(own.shape) != axes.shape(variable):
            raise ValueError(
                f"variable {variable.path!r} becomes {tuple(own.shape)}, "
                f"and {axes.shape(variable)} is what a task has of it"
            )
    return model


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
    rules = map(rule_for, graph.steps)
    return any(any(rule.pads[-1]) for rule in rules if isinstance(rule, Pad))
