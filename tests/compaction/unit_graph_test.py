"""Units that the unit graph calls removable go when they are off, and no others."""

import numpy as np
import pytest

from hypermask_tf.compaction import compact
from hypermask_tf.units import UnitGraph
from tests.compaction import dead
from tests.units import graph_test
from tests.units.brute_force import alive_array, makers, readers


def _switched_off(model, seed):
    """Zeroes all weights around some removable units; returns these units."""
    graph = UnitGraph(model)
    generator = np.random.default_rng(seed)
    units = generator.permutation(np.flatnonzero(graph.removable))
    # One of each group stays, for a layer without units keeps one.
    ends = np.cumsum(graph.group_sizes)
    off = np.setdiff1d(units[: 2 * len(units) // 3], ends - 1)
    alive = alive_array(graph, off)
    for variable in model.trainable_variables:
        mask = makers(graph, variable, alive) * readers(graph, variable, alive)
        variable.assign(np.asarray(variable) * mask)
    return off


@pytest.mark.parametrize("build", graph_test.ZOO, ids=lambda build: build.__name__)
def test_exactly_the_units_that_are_off_go(build):
    model = build()
    dead.shake(model)
    before = UnitGraph(model)
    off = _switched_off(model, seed=1)
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    after = UnitGraph(smaller)
    sizes = np.split(np.isin(np.arange(before.num_units), off), _cuts(before))
    left = [int((~gone).sum()) for gone in sizes]
    if build in _MORE_GO:
        pairs = zip(after.group_sizes, left, strict=True)
        assert all(size <= most for size, most in pairs)
    else:
        assert list(after.group_sizes) == left
    assert len(off) > 0 or not before.removable.any()


def _cuts(graph):
    return np.cumsum(graph.group_sizes)[:-1]


# Filters that read one unit, or few, go with these.
_MORE_GO = (graph_test.depthwise_twice_as_many, graph_test.grouped)
