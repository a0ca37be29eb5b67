"""What a rule is given, and where it writes down what it finds."""

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from hypermask_tf.units.unit_pool import UnitPool
from hypermask_tf.units.variable_units import VariableUnits


@dataclasses.dataclass(frozen=True)
class Call:
    """One call of a layer or operation in the graph.

    Attributes:
        name: The layer's name; inside a nested model, after the model's and a slash.
        operation: The layer or operation.
        inputs: Units along the last axis of each tensor that goes in.
        node: The graph's node, which knows tensors and arguments.
    """

    name: str
    operation: Any
    inputs: list[np.ndarray]
    node: Any

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Shape of the first tensor that comes out."""
        return tuple(self.node.outputs[0].shape)

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """Shape of the first tensor that goes in."""
        return tuple(self.node.input_tensors[0].shape)


class Recorder(Protocol):
    """Where rules get units from and write down what they find."""

    pool: UnitPool

    def known(self, variable: Any) -> VariableUnits | None: ...

    def new_units(self, kernel: Any, size: int) -> np.ndarray: ...

    def record(self, variable: Any, spec: VariableUnits) -> VariableUnits: ...

    def couple(self, name: str, units: np.ndarray) -> None: ...


# Units along the last axis of each output (one array for a single one), or None if
# they are lost.
Rule = Callable[[Recorder, Call], np.ndarray | list[np.ndarray] | None]


def per_channel(
    recorder: Recorder, variable: Any, units: np.ndarray, axis: int = 0
) -> np.ndarray:
    """Registers a per-channel variable; shared by two calls, it makes them one."""
    units = recorder.pool.solid(units)
    spec = recorder.record(variable, VariableUnits((axis,), units))
    if spec.out_units is not units:
        recorder.pool.merge(spec.out_units, units)
    return units
