"""The free units of a new task begin with large scores."""

import numpy as np
import pytest
from keras import ops

import hypermask_tf as hm
from tests.hypermask import builders


@pytest.mark.backend
@pytest.mark.parametrize("hypernetwork", [hm.MaskBank, hm.MLPHypernetwork])
def test_none_begins_behind_units_that_others_have(hypernetwork):
    target = builders.mlp()
    model = builders.learner(
        target,
        granularity="unit",
        sparsity=75,
        reuse=0.0,
        protection="hard",
        hypernetwork=hypernetwork(),
    )
    for task in range(2):
        model.begin_task(task)
        builders.shake(target.variables, task)
    model.begin_task(2)
    state = model.state
    own = state.units_on(2) & ~state.units_in_use()
    scores = np.abs(ops.convert_to_numpy(state.scores_of(2)))
    for group in state.layout.group_slices:
        mine = np.sort(scores[group][own[group]])[::-1]
        others = np.sort(scores[group][~own[group]])[::-1]
        assert len(mine) and (mine >= others[: len(mine)] - 1e-5).all()
