"""Units that the unit graph calls removable go when they are off, and no others."""

import numpy as np
import pytest

from hypermask_tf.compaction import compact
from hypermask_tf.units import UnitGraph
from tests.compaction import dead
from tests.units import graph_test
from tests.units.rule_battery import switch_off


@pytest.mark.parametrize("build", graph_test.ZOO, ids=lambda build: build.__name__)
def test_exactly_the_units_that_are_off_go(build):
    model = build()
    dead.shake(model)
    before = UnitGraph(model)
    off = switch_off(model)
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
