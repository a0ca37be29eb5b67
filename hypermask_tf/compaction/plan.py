"""What a model can lose, and what becomes of its weights."""

import keras
import numpy as np

from hypermask_tf.compaction.transfer import transfer
from hypermask_tf.surgery.builder import Builder
from hypermask_tf.units.flat_graph import FlatGraph
from hypermask_tf.units.keras_graph import is_graph
from hypermask_tf.units.rules import Arrays, Rule, rule_for
from hypermask_tf.units.step import Step
from hypermask_tf.units.unit_pool import ALWAYS_ON, UnitPool


class Plan:
    """The channels of a model's tensors that may go, found from its weights.

    Forwards: which channels hold a constant. Backwards: which must hold their value,
    because something reads it that cannot do with a constant in its bias. Last:
    which channels are tied to one that must, and stay too. What stays without
    being needed is neither computed nor read: all weights around it become zero.

    Args:
        model: A built Functional or Sequential model.

    Attributes:
        removed: Number of channels that go, over all tensors.
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self.graph = FlatGraph(model)
        self._calls = self.graph.calls()
        self._rules = self._find_rules()
        size = len(self.graph.shapes)
        self._constants: Arrays = [np.empty(0)] * size
        self._needed: Arrays = [
            np.zeros(self.graph.width(t), dtype=bool) for t in range(size)
        ]
        self._channels, self._fixed = self._find_channels()
        self._propagate_constants()
        self._propagate_needs()
        self._kept = self._keep()
        while self._need_what_stays():
            self._propagate_needs()
            self._kept = self._keep()
        self.removed = sum(int((~kept).sum()) for kept in self._kept)

    def apply(self) -> keras.Model:
        """The smaller model."""
        pairs = [(s, self._rule(s)) for s in self.graph.steps]
        changes = {
            id(step.operation): rule.config(*self._kept_around(step))
            for step, rule in pairs
        }
        builder = Builder(changes)
        model = builder.build(self.model)
        weights = {
            id(step.operation): rule.weights(*self._kept_around(step))
            for step, rule in pairs
        }
        for old, new in builder.made.values():
            if isinstance(old, keras.Layer) and not is_graph(old):
                transfer(old, new, weights.get(id(old), {}))
        return model

    def _find_rules(self) -> dict[int, Rule]:
        """One rule per call, under the identity of the step; shared by some."""
        rules: dict[int, Rule] = {}
        for calls in self._calls.values():
            found = [rule_for(step) for step in calls]
            sealed = id(calls[0].operation) in self.graph.sealed
            if sealed or not all(rule.cuttable for rule in found):
                found = [Rule(step) for step in calls]
            elif found[0].per_layer:
                found = found[:1] * len(calls)
            rules.update(zip(map(id, calls), found, strict=True))
        return rules

    def _rule(self, step: Step) -> Rule:
        return self._rules[id(step)]

    def _kept_around(self, step: Step) -> tuple[Arrays, Arrays]:
        kept = self._kept
        return [kept[t] for t in step.inputs], [kept[t] for t in step.outputs]

    def _propagate_constants(self) -> None:
        for t in self.graph.inputs:
            self._constants[t] = np.full(self.graph.width(t), np.nan)
        for step in self.graph.steps:
            values = [self._constants[t] for t in step.inputs]
            for t, result in zip(
                step.outputs, self._rule(step).constants(values), strict=True
            ):
                self._constants[t] = result

    def _propagate_needs(self) -> None:
        for t in self.graph.outputs:
            self._needed[t] = np.ones_like(self._needed[t])
        before = -1
        # One sweep is enough unless a layer is called twice.
        while before != (before := sum(int(n.sum()) for n in self._needed)):
            for step in reversed(self.graph.steps):
                for t, needed in zip(step.inputs, self._needs(step), strict=True):
                    self._needed[t] = self._needed[t] | needed

    def _needs(self, step: Step) -> Arrays:
        rule, calls = self._rule(step), [step]
        if rule.folds:
            calls = self._calls[id(step.operation)]
        constants = [
            _agreed([self._constants[call.inputs[i]] for call in calls])
            for i in range(len(step.inputs))
        ]
        needed = [
            np.any([self._needed[call.outputs[i]] for call in calls], axis=0)
            for i in range(len(step.outputs))
        ]
        return rule.needs(constants, needed)

    def _need_what_stays(self) -> bool:
        """Marks what must not become just any number; whether that was anything."""
        before = sum(int(n.sum()) for n in self._needed)
        for step in self.graph.steps:
            if not self._rule(step).total:
                for t in step.inputs:
                    self._needed[t] = self._needed[t] | self._kept[t]
        return sum(int(n.sum()) for n in self._needed) > before

    def _find_channels(self) -> tuple[Arrays, np.ndarray]:
        """Channels of each tensor, and which of all channels stay in any case."""
        pool = UnitPool()
        channels: Arrays = [np.empty(0, dtype=int)] * len(self.graph.shapes)
        for t in self.graph.inputs:
            channels[t] = pool.fixed(self.graph.width(t))
        for step in self.graph.steps:
            inputs = [channels[t] for t in step.inputs]
            outputs = self._rule(step).channels(pool, inputs)
            for t, result in zip(step.outputs, outputs, strict=True):
                channels[t] = result
        for one, other in self.graph.ties:
            pool.merge(channels[one], channels[other])
        for t in self.graph.outputs:
            pool.merge(channels[t], pool.fixed(channels[t].size))
        return [pool.roots(own) for own in channels], np.arange(len(pool)) == ALWAYS_ON

    def _keep(self) -> Arrays:
        """Which channels of each tensor stay."""
        kept = self._fixed.copy()
        for own, needed in zip(self._channels, self._needed, strict=True):
            kept[own[needed]] = True
        while self._complete(kept):
            pass
        return [kept[own] for own in self._channels]

    def _complete(self, kept: np.ndarray) -> bool:
        """Keeps what Keras needs besides; whether that was anything."""
        channels, before = self._channels, int(kept.sum())
        for own in channels:
            if not kept[own].any():
                kept[own[:1]] = True
        for step in self.graph.steps:
            around = [channels[t] for t in (*step.inputs, *step.outputs)]
            masks, n = [kept[own] for own in around], len(step.inputs)
            before_it, behind_it = self._rule(step).balanced(masks[:n], masks[n:])
            for own, mask in zip(around, [*before_it, *behind_it], strict=True):
                kept[own[mask]] = True
        return int(kept.sum()) > before


def _agreed(arrays: Arrays) -> np.ndarray:
    """The values that all arrays share, NaN elsewhere."""
    same = np.all([array == arrays[0] for array in arrays], axis=0)
    return np.where(same, arrays[0], np.nan)
