"""Layers that only hand units on, gathered behind the layer that makes them."""

import collections

from hypermask_tf.units.graph import UnitGraph
from hypermask_tf.units.unit_step import UnitStep


def boxes_of(graph: UnitGraph) -> dict[int, list[UnitStep]]:
    """The steps of a unit graph in chains, as a picture shows them.

    A chain begins with a layer that makes, joins or loses units. Normalisation,
    activation, pooling and the like follow in it, as long as nobody else takes what
    it hands on.

    Args:
        graph: The unit graph.

    Returns:
        The steps of each chain, under the index of its first step.
    """
    uses = collections.Counter(s for step in graph.steps for s in step.sources)
    chain_of: dict[int, int] = {}
    chains: dict[int, list[UnitStep]] = {}
    for index, step in enumerate(graph.steps):
        first = index
        if _only_hands_on(graph, step) and uses[step.sources[0]] == 1:
            first = chain_of[step.sources[0]]
        chain_of[index] = first
        chains.setdefault(first, []).append(step)
    return chains


def _only_hands_on(graph: UnitGraph, step: UnitStep) -> bool:
    weights = getattr(step.operation, "weights", [])
    return (
        len(step.sources) == 1
        and all(len(variable.shape) < 2 for variable in weights)
        and step.name not in graph.opaque + graph.coupled
    )
