"""Walks the graph of a model, rule by rule."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from hypermask_tf.units import rules
from hypermask_tf.units.keras_graph import graph_of, is_graph
from hypermask_tf.units.recorder import Call
from hypermask_tf.units.unit_pool import UnitPool
from hypermask_tf.units.unit_step import UnitStep
from hypermask_tf.units.variable_units import VariableUnits


class Reader:
    """Reads a model's graph; `UnitGraph` holds the outcome.

    Args:
        model: A Functional or Sequential model.
        maskable: Variables that may be masked, None for all.

    Attributes:
        pool: The units found.
        specs: What is recorded of each variable, by its identity.
        steps: The calls of layers, in order.
        lost: Layers without a rule: name, whether it has weights, units it gets.
        coupled: Layers in which each of these units reaches the other channels.
        uncut: Layers that read these units with weights that cannot all be cut.
    """

    def __init__(self, model: keras.Model, maskable: Sequence[Any] | None) -> None:
        self._maskable = None if maskable is None else {id(v) for v in maskable}
        self.pool = UnitPool()
        self.specs: dict[int, VariableUnits] = {}
        self.steps: list[UnitStep] = []
        self._layer_of: dict[int, str] = {}
        self.lost: list[tuple[str, bool, np.ndarray]] = []
        self.coupled: list[tuple[str, np.ndarray]] = []
        self.uncut: list[tuple[str, np.ndarray]] = []
        inputs = graph_of(model).inputs
        for tensor in inputs:
            units = self._fixed_like(tensor)
            name = tensor._keras_history.operation.name
            self.steps.append(UnitStep(name, None, (), [], [units], [tensor]))
        flows = [(step.outputs[0], index) for index, step in enumerate(self.steps)]
        for units, _ in self._walk(model, flows, ""):
            self.pool.merge(units, self.pool.fixed(units.size))
        for identity, spec in self.specs.items():
            self._note_uncut_rows(identity, spec)

    def known(self, variable: Any) -> VariableUnits | None:
        """What is recorded of `variable` so far."""
        return self.specs.get(id(variable))

    def new_units(self, kernel: Any, size: int) -> np.ndarray:
        """The `size` units that `kernel` produces: new, or always on."""
        if self._maskable is None or id(kernel) in self._maskable:
            return self.pool.new(size)
        return self.pool.fixed(size)

    def record(self, variable: Any, spec: VariableUnits) -> VariableUnits:
        """Keeps the units of `variable`; a second call returns the first's."""
        self._layer_of[id(variable)] = variable.path.rpartition("/")[0]
        return self.specs.setdefault(id(variable), spec)

    def couple(self, name: str, units: np.ndarray) -> None:
        """Notes that each of these units reaches the channels of all others."""
        self.coupled.append((name, units))

    def _walk(
        self, model: Any, inputs: list[tuple[np.ndarray, int]], prefix: str
    ) -> list[tuple[np.ndarray, int]]:
        """Units of a model's outputs and the steps that made them."""
        graph = graph_of(model)
        known = dict(zip(map(id, graph.inputs), inputs, strict=True))
        for depth in sorted(graph._nodes_by_depth, reverse=True):
            for node in graph._nodes_by_depth[depth]:
                if node.is_input or any(id(t) not in known for t in node.input_tensors):
                    continue
                flows = [known[id(t)] for t in node.input_tensors]
                if is_graph(node.operation):
                    results = self._walk(
                        node.operation, flows, f"{prefix}{node.operation.name}/"
                    )
                else:
                    results = self._step(node, flows, prefix)
                known.update(zip(map(id, node.outputs), results, strict=True))
        return [known[id(t)] for t in graph.outputs]

    def _step(
        self, node: Any, flows: list[tuple[np.ndarray, int]], prefix: str
    ) -> list[tuple[np.ndarray, int]]:
        operation = node.operation
        if getattr(operation, "data_format", None) == "channels_first":
            raise ValueError(
                "Unit masks need channels-last models. "
                f"Received: layer {operation.name!r} with data_format='channels_first'"
            )
        call = Call(prefix + operation.name, operation, [u for u, _ in flows], node)
        outputs = self._apply_rule(call) or self._lose(call)
        sources = tuple(source for _, source in flows)
        self.steps.append(
            UnitStep(
                call.name, operation, sources, call.inputs, outputs, list(node.outputs)
            )
        )
        return [(units, len(self.steps) - 1) for units in outputs]

    def _apply_rule(self, call: Call) -> list[np.ndarray] | None:
        rule = rules.find(call.operation)
        result = rule(self, call) if rule and call.inputs else None
        if result is None:
            return None
        found = [result] if isinstance(result, np.ndarray) else result
        sizes = [t.shape[-1] if len(t.shape) > 1 else None for t in call.node.outputs]
        return found if [units.size for units in found] == sizes else None

    def _lose(self, call: Call) -> list[np.ndarray]:
        weights = bool(getattr(call.operation, "trainable_variables", []))
        seen = np.concatenate([*call.inputs, self.pool.fixed(0)])
        self.lost.append((call.name, weights, seen))
        return [self._fixed_like(tensor) for tensor in call.node.outputs]

    def _fixed_like(self, tensor: Any) -> np.ndarray:
        return self.pool.fixed((tensor.shape[-1] or 1) if len(tensor.shape) else 1)

    def _note_uncut_rows(self, identity: int, spec: VariableUnits) -> None:
        """Rows stay if the variable is frozen, or another call's unit is on."""
        _, calls = spec.reads
        name = self._layer_of[identity]
        if self._maskable is not None and identity not in self._maskable:
            self.uncut.extend((name, units) for units in calls)
        for units in calls[1:]:
            differ = self.pool.roots(units) != self.pool.roots(calls[0])
            self.uncut.extend((name, call[differ]) for call in calls)
