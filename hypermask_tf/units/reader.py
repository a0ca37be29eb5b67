"""Reads which units flow through the graph of a model, rule by rule."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from hypermask_tf.units.flat_graph import FlatGraph
from hypermask_tf.units.rules import Rule, rule_for
from hypermask_tf.units.step import Step
from hypermask_tf.units.unit_recorder import UnitRecorder
from hypermask_tf.units.unit_step import UnitStep


class Reader:
    """Reads a model's graph; `UnitGraph` holds the outcome.

    Args:
        model: A Functional or Sequential model.
        maskable: Variables that may be masked, None for all.

    Attributes:
        recorder: What the rules found.
        steps: The calls of layers, in order; the model's inputs come first.
        lost: Layers without a rule: name, whether it has weights, units it gets.
        uncut: Layers that read these units with weights that cannot all be cut.
    """

    def __init__(self, model: keras.Model, maskable: Sequence[Any] | None) -> None:
        # Units are the same in training, so its calls are read like any other.
        self._graph = FlatGraph(model, at_inference=False)
        self.recorder = UnitRecorder(maskable)
        self.steps: list[UnitStep] = []
        self.lost: list[tuple[str, bool, np.ndarray]] = []
        self._units: dict[int, np.ndarray] = {}
        self._made_by: dict[int, int] = {}
        for tensor, number in zip(model.inputs, self._graph.inputs, strict=True):
            name, units = tensor._keras_history.operation.name, self._fixed([number])
            self._add(UnitStep(name, None, (), [], units, [tensor]), [number])
        for step in self._graph.steps:
            self._read(step)
        pool = self.recorder.pool
        for number in self._graph.outputs:
            pool.merge(self._units[number], pool.fixed(self._units[number].size))
        self.uncut = self.recorder.uncut()

    def _read(self, step: Step) -> None:
        if getattr(step.operation, "data_format", None) == "channels_first":
            raise ValueError(
                "Unit masks need channels-last models. Received: layer "
                f"{step.operation.name!r} with data_format='channels_first'"
            )
        rule, inputs = rule_for(step), [self._units[t] for t in step.inputs]
        outputs = self._apply(rule, inputs) or self._lose(step, inputs)
        call = UnitStep(
            name=step.path,
            operation=step.operation,
            sources=tuple(self._made_by[t] for t in step.inputs),
            inputs=inputs,
            outputs=outputs,
            tensors=list(step.node.outputs),
            ties=rule.ties and len(inputs) > 1,
        )
        self._add(call, step.outputs)

    def _add(self, call: UnitStep, outputs: Sequence[int]) -> None:
        self.steps.append(call)
        self._units.update(zip(outputs, call.outputs, strict=True))
        self._made_by.update(dict.fromkeys(outputs, len(self.steps) - 1))

    def _apply(self, rule: Rule, inputs: list[np.ndarray]) -> list[np.ndarray] | None:
        found = rule.units(self.recorder, inputs) if inputs else None
        shapes = rule.step.output_shapes
        sizes = [shape[-1] if len(shape) > 1 else None for shape in shapes]
        fits = found is not None and [units.size for units in found] == sizes
        return found if fits else None

    def _lose(self, step: Step, inputs: list[np.ndarray]) -> list[np.ndarray]:
        weights = bool(getattr(step.operation, "trainable_variables", []))
        self.lost.append(
            (step.path, weights, np.concatenate([*inputs, np.empty(0, int)]))
        )
        return self._fixed(step.outputs)

    def _fixed(self, tensors: Sequence[int]) -> list[np.ndarray]:
        return [self.recorder.pool.fixed(self._graph.width(t)) for t in tensors]
