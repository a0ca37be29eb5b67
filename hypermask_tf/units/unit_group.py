"""Who makes, scales and reads the units of a group."""

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from hypermask_tf.units.unit_pool import FIXED

if TYPE_CHECKING:
    from hypermask_tf.units.graph import UnitGraph


@dataclasses.dataclass
class UnitGroup:
    """The layers around one group of units, by name.

    Attributes:
        units: Numbers of its units.
        makers: Layers whose kernel makes them.
        scalers: Layers with weights per channel: normalisation, depthwise kernels.
        readers: Layers whose kernel reads them.
        ties: Layers that add or multiply them position by position.
        seen_by: Layers that see them although they may be off, since there is no way
            to cut them out: without a rule, coupling the channels, frozen, shared.
    """

    units: range
    makers: list[str] = dataclasses.field(default_factory=list)
    scalers: list[str] = dataclasses.field(default_factory=list)
    readers: list[str] = dataclasses.field(default_factory=list)
    ties: list[str] = dataclasses.field(default_factory=list)
    seen_by: list[str] = dataclasses.field(default_factory=list)


def groups_of(graph: "UnitGraph") -> list[UnitGroup]:
    """The groups of a unit graph with the layers around them, in order."""
    ends = np.cumsum(graph.group_sizes, dtype=int).tolist()
    groups = [
        UnitGroup(range(end - size, end))
        for size, end in zip(graph.group_sizes, ends, strict=True)
    ]

    def note(role: str, name: str, units: Iterable[np.ndarray]) -> None:
        numbers = {int(unit) for array in units for unit in array.ravel()} - {FIXED}
        for number in sorted(set(np.searchsorted(ends, list(numbers), "right"))):
            names = getattr(groups[number], role)
            if name not in names:
                names.append(name)

    for step in graph.steps:
        for spec in filter(None, map(graph.units_of, _weights(step.operation))):
            note("readers", step.name, spec.reads[1])
            if spec.makes:
                note("makers", step.name, [spec.out_units])
            elif not _is_bias_of_maker(graph, step.operation, spec.out_units):
                note("scalers", step.name, [spec.out_units])
        if step.ties:
            note("ties", step.name, step.outputs)
    for name, units in graph.seen_by.items():
        note("seen_by", name, [units])
    return groups


def _weights(operation: Any) -> list[Any]:
    return operation.weights if isinstance(operation, keras.Layer) else []


def _is_bias_of_maker(graph: "UnitGraph", layer: Any, units: np.ndarray) -> bool:
    """Whether the layer makes these units: then its bias needs no line."""
    made = [s.out_units for v in layer.weights if (s := graph.units_of(v)) and s.makes]
    return any(np.isin(units, others).all() for others in made)
