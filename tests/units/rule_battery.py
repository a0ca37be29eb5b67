"""What must hold of every rule, tried on a model that follows it."""

import numpy as np

from hypermask_tf.compaction import compact
from hypermask_tf.masks import UnitLayout, find_roles
from hypermask_tf.own_width import make_own_width
from hypermask_tf.own_width.trial import disagreement
from hypermask_tf.units import UnitGraph
from hypermask_tf.units.flat_graph import FlatGraph
from hypermask_tf.units.rules import rule_for
from tests.compaction import dead
from tests.units.brute_force import Probe, alive_array, makers, readers


def check_units(model, exactly=True):
    """Units are where the rules say, and go through the model as they say."""
    probe = Probe(model)
    probe.check_where_units_are(exactly)
    return probe.graph


def check_compaction(model, all_go=True):
    """Without the units that are off the model computes the same.

    Every unit that is off goes, if all rules know how to cut their layers and `all_go`.
    """
    dead.shake(model)
    before, off = UnitGraph(model), switch_off(model)
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    cuttable = [rule_for(step).cuttable for step in FlatGraph(model).steps]
    if not (all_go and all(cuttable)):
        return
    ends = np.cumsum(before.group_sizes)[:-1]
    on = np.split(~np.isin(np.arange(before.num_units), off), ends)
    after = UnitGraph(smaller).group_sizes
    assert all(n <= part.sum() for n, part in zip(after, on, strict=True))


def switch_off(model, seed=1):
    """Zeroes all weights around some removable units; returns these units."""
    graph = UnitGraph(model)
    units = np.random.default_rng(seed).permutation(np.flatnonzero(graph.removable))
    # One of each group stays, for a layer without units keeps one.
    ends = np.cumsum(graph.group_sizes)
    off = np.setdiff1d(units[: 2 * len(units) // 3], ends - 1)
    alive = alive_array(graph, off)
    for variable in model.trainable_variables:
        mask = makers(graph, variable, alive) * readers(graph, variable, alive)
        variable.assign(np.asarray(variable) * mask)
    return off


def check_own_width(model):
    """A network of half the units computes what the whole one does with half on."""
    layout = UnitLayout(model, find_roles(model), 50.0)
    counts = layout.counts.final()
    own = make_own_width(model, layout, counts)
    assert own.model.count_params() < model.count_params()
    assert not disagreement(own, model, layout, counts)
