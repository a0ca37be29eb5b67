"""The unit graph of random models, held against what these models do."""

import numpy as np
import pytest

from tests.units.brute_force import Probe
from tests.units.random_models import RandomModel


@pytest.mark.parametrize("seed", range(20))
def test_units_are_where_the_graph_says(seed):
    probe = Probe(RandomModel(seed, zero_stays=False).build(), seed)
    probe.check_where_units_are()


@pytest.mark.parametrize("seed", range(100, 112))
def test_no_row_is_cut_that_reads_something_else(seed):
    probe = Probe(RandomModel(seed, zero_stays=True).build(), seed)
    probe.check_where_units_are()
    probe.check_that_no_other_row_is_cut()
    assert not probe.graph.opaque


def test_random_models_have_units_of_every_kind():
    graphs = [Probe(RandomModel(seed, False).build(6), seed).graph for seed in range(6)]
    assert sum(graph.num_units for graph in graphs) > 40
    removable = np.concatenate([graph.removable for graph in graphs])
    assert 0 < removable.mean() < 1
