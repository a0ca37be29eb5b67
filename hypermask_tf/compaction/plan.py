"""What a model can lose, and what becomes of its weights."""

import keras
import numpy as np

from hypermask_tf.compaction.rules import Affine, Arrays, Barrier, Grouped, find
from hypermask_tf.compaction.sites import Sites
from hypermask_tf.compaction.transfer import transfer
from hypermask_tf.surgery.builder import Builder
from hypermask_tf.units.flat_graph import FlatGraph
from hypermask_tf.units.keras_graph import is_graph
from hypermask_tf.units.step import Step


class Plan:
    """The positions of a model's tensors that may go, found from its weights.

    Forwards: which positions hold a constant. Backwards: which must hold their value,
    because something reads it that cannot do with a constant in its bias. Last:
    which positions are tied to one that must, and stay too. What stays without
    being needed is neither computed nor read: all weights around it become zero.

    Args:
        model: A built Functional or Sequential model.

    Attributes:
        removed: Number of positions that go, over all tensors.
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
        self._sites, self._fixed = self._find_sites()
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

    def _find_rules(self) -> dict[int, Barrier]:
        """One rule per call, under the identity of the step; shared by some."""
        rules: dict[int, Barrier] = {}
        for calls in self._calls.values():
            found = [find(step, self._widths(step)) for step in calls]
            if any(type(rule) is Barrier for rule in found) or (
                id(calls[0].operation) in self.graph.sealed
            ):
                found = [Barrier(step, self._widths(step)) for step in calls]
            elif found[0].per_layer:
                found = found[:1] * len(calls)
            rules.update(zip(map(id, calls), found, strict=True))
        return rules

    def _widths(self, step: Step) -> tuple[list[int], list[int]]:
        width = self.graph.width
        return [width(t) for t in step.inputs], [width(t) for t in step.outputs]

    def _rule(self, step: Step) -> Barrier:
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
        if isinstance(rule, Affine):
            # One kernel for all calls: it folds only what they agree on.
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

    def _find_sites(self) -> tuple[Arrays, np.ndarray]:
        """Sites of each tensor, and which of all sites stay in any case."""
        pool = Sites()
        sites: Arrays = [np.empty(0, dtype=int)] * len(self.graph.shapes)
        for t in self.graph.inputs:
            sites[t] = pool.new(self.graph.width(t), keep=True)
        for step in self.graph.steps:
            inputs = [sites[t] for t in step.inputs]
            outputs = self._rule(step).sites(pool, inputs)
            for t, result in zip(step.outputs, outputs, strict=True):
                sites[t] = result
        for one, other in self.graph.ties:
            pool.merge(sites[one], sites[other])
        for t in self.graph.outputs:
            pool.keep(sites[t])
        roots, fixed = pool.resolve()
        return [roots[s] for s in sites], fixed

    def _keep(self) -> Arrays:
        """Which positions of each tensor stay."""
        kept = self._fixed.copy()
        for own, needed in zip(self._sites, self._needed, strict=True):
            kept[own[needed]] = True
        while self._complete(kept):
            pass
        return [kept[own] for own in self._sites]

    def _complete(self, kept: np.ndarray) -> bool:
        """Keeps what Keras needs besides; whether that was anything."""
        sites, before = self._sites, int(kept.sum())
        for own in sites:
            if not kept[own].any():
                kept[own[:1]] = True
        for step in self.graph.steps:
            rule = self._rule(step)
            if isinstance(rule, Grouped):
                around = sites[step.inputs[0]], sites[step.outputs[0]]
                stay = rule.balanced(kept[around[0]], kept[around[1]])
                for own, mask in zip(around, stay, strict=True):
                    kept[own[mask]] = True
        return int(kept.sum()) > before


def _agreed(arrays: Arrays) -> np.ndarray:
    """The values that all arrays share, NaN elsewhere."""
    same = np.all([array == arrays[0] for array in arrays], axis=0)
    return np.where(same, arrays[0], np.nan)
