"""Reads the unit graph of a Functional or Sequential Keras model."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from hypermask_tf.units import rules
from hypermask_tf.units.unit_pool import FIXED, UnitPool
from hypermask_tf.units.variable_units import VariableUnits


class UnitGraph:
    """Which units the axes of a model's variables stand for.

    Dense and convolution layers make units; activations, pooling and padding hand
    them on; where tensors are added or multiplied, their units become one, so that
    residual branches agree. The model's inputs and outputs are never units
    (`FIXED`), nor is what comes out of a layer without a rule.

    Args:
        model: A built Functional or Sequential model, channels last.
        maskable: Variables that may be masked, None for all. A layer whose kernel
            may not, a frozen one for instance, makes no units: nothing could learn
            which of them to switch off.

    Attributes:
        num_units: Number of units that can be switched off.
        group_sizes: Sizes of the groups of units, in order: one per layer, or one
            per set of layers that a residual connection ties together.
        opaque: Names of the layers without a rule.

    Raises:
        ValueError: If the model has no graph, or is channels first.

    Example:

    >>> import keras
    >>> x = keras.Input((8,))
    >>> y = keras.layers.Dense(4)(keras.layers.Dense(16)(x))
    >>> UnitGraph(keras.Model(x, y)).group_sizes
    (16,)
    """

    def __init__(
        self, model: keras.Model, maskable: Sequence[Any] | None = None
    ) -> None:
        self.pool = UnitPool()
        self._maskable = None if maskable is None else {id(v) for v in maskable}
        self.opaque: list[str] = []
        self._specs: dict[int, VariableUnits] = {}
        inputs = [self.pool.fixed(t.shape[-1] or 1) for t in _graph(model).inputs]
        for units in self._walk(model, inputs):
            self.pool.merge(units, self.pool.fixed(units.size))
        numbers, self.group_sizes = self.pool.number()
        self.num_units = sum(self.group_sizes)
        for spec in self._specs.values():
            spec.out_units = numbers[spec.out_units]
            spec.in_units = [numbers[units] for units in spec.in_units]

    def units_of(self, variable: Any) -> VariableUnits | None:
        """Units along the axes of `variable`; None if it carries none."""
        spec = self._specs.get(id(variable))
        if spec is None or (
            np.all(spec.out_units == FIXED)
            and all(np.all(units == FIXED) for units in spec.in_units)
        ):
            return None
        return spec

    def known(self, variable: Any) -> VariableUnits | None:
        """What is recorded of `variable` so far, while the graph is read."""
        return self._specs.get(id(variable))

    def new_units(self, kernel: Any, size: int) -> np.ndarray:
        """The `size` units that `kernel` produces: new, or always on."""
        if self._maskable is None or id(kernel) in self._maskable:
            return self.pool.new(size)
        return self.pool.fixed(size)

    def record(self, variable: Any, spec: VariableUnits) -> VariableUnits:
        """Keeps the units of `variable`; a second call returns the first's."""
        return self._specs.setdefault(id(variable), spec)

    def _walk(self, model: keras.Model, inputs: list[np.ndarray]) -> list[np.ndarray]:
        graph = _graph(model)
        known = dict(zip(map(id, graph.inputs), inputs, strict=True))
        for depth in sorted(graph._nodes_by_depth, reverse=True):
            for node in graph._nodes_by_depth[depth]:
                if node.is_input or any(id(t) not in known for t in node.input_tensors):
                    continue
                arrays = [known[id(t)] for t in node.input_tensors]
                results = self._through(node.operation, arrays, node.outputs)
                known.update(zip(map(id, node.outputs), results, strict=True))
        return [known[id(t)] for t in graph.outputs]

    def _through(
        self, operation: Any, inputs: list[np.ndarray], outputs: list[Any]
    ) -> list[np.ndarray]:
        if getattr(operation, "data_format", None) == "channels_first":
            raise ValueError(
                "Unit masks need channels-last models. "
                f"Received: layer {operation.name!r} with data_format='channels_first'"
            )
        if _is_graph(operation):
            return self._walk(operation, inputs)
        rule = rules.find(operation)
        if rule is not None and len(outputs) == 1 and inputs:
            shape = outputs[0].shape
            units = rule(self, operation, inputs, shape)
            if units is not None and units.size == shape[-1]:
                return [units]
        return self._lose(operation, outputs)

    def _lose(self, operation: Any, outputs: list[Any]) -> list[np.ndarray]:
        if operation.name not in self.opaque:
            self.opaque.append(operation.name)
        return [
            self.pool.fixed((t.shape[-1] or 1) if len(t.shape) else 1) for t in outputs
        ]


def _is_graph(model: Any) -> bool:
    return isinstance(model, keras.Sequential) or hasattr(model, "_nodes_by_depth")


def _graph(model: keras.Model) -> Any:
    """The Functional graph of a model: Keras has no public view of its nodes."""
    if isinstance(model, keras.Sequential):
        model = model._functional
    if not hasattr(model, "_nodes_by_depth"):
        raise ValueError(
            '`granularity="unit"` reads the graph of the target, so it must be a '
            "Functional or Sequential model. Build it with keras.Model(inputs, "
            'outputs), or use `granularity="weight"`, which takes any model. '
            f"Received: {type(model).__name__}"
        )
    return model
