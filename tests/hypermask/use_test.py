"""What earlier tasks use is marked as their masks let it through, drift included."""

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from tests.hypermask import builders

pytestmark = pytest.mark.backend_more


def _lets_through(model, task):
    """By path, which weights the mask of `task` lets through; all without a mask."""
    masks = model.mask(task)
    return {
        v.path: masks[v.path] != 0 if v.path in masks else np.ones(v.shape, bool)
        for v in model.target.trainable_variables
    }


def _used(model):
    return {path: used for path, (_, used) in model.capacity().weights.items()}


def _counted(masks):
    """By path, how many weights one of the masks lets through."""
    return {
        path: np.any([each[path] for each in masks], axis=0).sum() for path in masks[0]
    }


def _drifting(**kwargs):
    """A learner whose earlier masks move: nothing holds the hypernetwork."""
    options = {"protection": "used", "beta": 0.0, "lam": 10.0, "tasks": 4, **kwargs}
    return builders.learner(optimizer=keras.optimizers.Adam(0.05), **options)


def test_what_drifts_into_an_earlier_mask_is_used_from_the_next_task_on():
    model = _drifting(granularity="weight")
    # Every mask at the end of every task that has ended.
    seen = []
    for task in range(3):
        model.begin_task(task)
        assert _used(model) == _counted([*seen, _lets_through(model, task)])
        builders.steps(model, 5)
        seen += [_lets_through(model, earlier) for earlier in range(task + 1)]
    # The masks of both earlier tasks have let in what they did not at their end.
    for early, late in ((seen[0], seen[3]), (seen[2], seen[4])):
        assert any((late[path] & ~early[path]).any() for path in early)


def test_what_has_drifted_in_does_not_move_any_more():
    model = _drifting()
    model.begin_task(0)
    builders.steps(model)
    at_its_end = _lets_through(model, 0)
    model.begin_task(1)
    builders.steps(model, 4)
    drifted = {
        path: now & ~at_its_end[path] for path, now in _lets_through(model, 0).items()
    }
    # Not what task 1 itself uses.
    drifted = {p: new & ~_lets_through(model, 1)[p] for p, new in drifted.items()}
    model.begin_task(2)
    before = [
        (v, keras.ops.convert_to_numpy(v.value).copy())
        for v in model.target.trainable_variables
    ]
    builders.steps(model, 3)
    moved = 0
    for variable, start in before:
        now = keras.ops.convert_to_numpy(variable.value)
        np.testing.assert_array_equal(
            now[drifted[variable.path]], start[drifted[variable.path]]
        )
        moved += np.sum(now != start)
    assert sum(new.sum() for new in drifted.values()) and moved


@pytest.mark.parametrize("protection", ["used", "hard"])
def test_unit_masks_are_marked_as_they_were_at_their_end(protection):
    model = _drifting(granularity="unit", protection=protection, reuse=1.0)
    ends = []
    for task in range(3):
        model.begin_task(task)
        builders.steps(model, 3)
        ends.append(_lets_through(model, task))
        for earlier in range(task):
            again = _lets_through(model, earlier)
            for path, before in ends[earlier].items():
                np.testing.assert_array_equal(again[path], before)
        assert _used(model) == _counted(ends)


def test_the_latest_task_counts_only_in_what_is_read_off():
    model = _drifting(granularity="unit", reuse=0.0, sparsity=75)
    model.begin_task(0)
    weights = model.capacity().weights
    on = _lets_through(model, 0)
    assert {p: used for p, (_, used) in weights.items()} == {
        path: flags.sum() for path, flags in on.items()
    }
    assert {p: count for p, (count, _) in weights.items()} == {
        path: flags.size for path, flags in on.items()
    }
    assert model.capacity().groups[0].in_use == model.units_on(0)[:16].sum()
    # Nothing is held yet: all weights learn.
    start = [
        keras.ops.convert_to_numpy(v.value) for v in model.target.trainable_variables
    ]
    builders.steps(model)
    for old, variable in zip(start, model.target.trainable_variables, strict=True):
        path = variable.path
        assert (keras.ops.convert_to_numpy(variable.value) != old)[on[path]].any(), path


def test_before_any_task_nothing_is_used():
    model = builders.learner(granularity="unit")
    capacity = model.capacity()
    assert capacity.fraction == 0 and capacity.units_free == 1
    assert [group.in_use for group in capacity.groups] == [0, 0]
    assert not capacity.full


def test_a_bank_is_marked_as_it_was():
    model = _drifting(hypernetwork=hm.MaskBank(seed=1))
    ends = []
    for task in range(2):
        model.begin_task(task)
        builders.steps(model, 2)
        ends.append(_lets_through(model, task))
    model.begin_task(2)
    ends.append(_lets_through(model, 2))
    assert _used(model) == _counted(ends)
