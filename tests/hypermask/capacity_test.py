"""How much of the network is taken, and a word before it is full."""

import warnings

import numpy as np
import pytest

from hypermask_tf.learner.capacity import Capacity, GroupCapacity
from tests.hypermask import builders


@pytest.mark.parametrize(
    ("protection", "excludes_used"), [("used", True), ("hard", True), ("all", False)]
)
def test_free_units_come_first_where_use_is_tracked(protection, excludes_used):
    model = builders.learner(granularity="unit", protection=protection)
    assert model.state.layout.counts.excludes_used == excludes_used
    assert not model.masks.allocation  # what was not chosen is not saved


def _learner(**kwargs):
    kwargs = {"sparsity": 75, "reuse": 0.0, "tasks": 5, **kwargs}
    return builders.learner(granularity="unit", **kwargs)


def test_free_units_run_out_evenly():
    model = _learner()
    # 16 and 12 units at 75 %: rank ceil(15 * .75) = 12 and ceil(11 * .75) = 9.
    for task, (first, second) in enumerate([(12, 9), (8, 6), (4, 3), (0, 0)]):
        model.begin_task(task)
        groups = model.capacity().groups
        assert [group.free for group in groups] == [first, second]
        assert [group.wanted for group in groups] == [4, 3]
    assert model.capacity().full


def test_used_weights_are_those_between_units_of_one_task():
    model = _learner()
    model.begin_task(0)
    model.begin_task(1)
    kernel = model.target.trainable_variables[2]
    total, used = model.capacity().weights[kernel.path]
    assert (total, used) == (16 * 12, 2 * 4 * 3)
    text = str(model.capacity())
    assert kernel.path[-20:] in text and "192" in text and "24" in text


def test_the_share_is_that_of_the_marks():
    model = _learner(reuse=1.0, protection="hard")
    for task in range(3):
        model.begin_task(task)
    counted = total = 0
    masks = [model.mask_arrays(task) for task in range(3)]
    for index in model._memory.indices:
        shape = model.target.trainable_variables[index].shape
        used = np.zeros(shape, bool)
        for mask in masks:
            used |= True if mask[index] is None else mask[index] != 0
        counted, total = counted + used.sum(), total + used.size
    assert model.capacity().fraction == pytest.approx(counted / total)


def test_a_full_network_is_named_before_and_when_it_is_full():
    model = _learner()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for task in range(3):
            model.begin_task(task)
    assert not model.capacity().full
    with pytest.warns(UserWarning, match="full after task 3.* 0 of 4 wanted"):
        model.begin_task(3)
    assert model.capacity().full
    with pytest.warns(UserWarning, match="The network is full: task 4") as caught:
        model.begin_task(4)
    messages = [str(w.message) for w in caught if w.category is UserWarning]
    assert len(messages) == 1
    assert "grow" in messages[0] and "0 of 4 wanted" in messages[0]


def test_nothing_is_said_after_the_last_task():
    model = _learner(tasks=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for task in range(4):
            model.begin_task(task)


def test_without_a_free_unit_it_is_full_whatever_is_asked_for():
    model = _learner(reuse=1.0, sparsity=0)
    with pytest.warns(UserWarning, match="full after task 0.* 0 of 1 wanted"):
        model.begin_task(0)
    assert model.capacity().full


def test_weights_masks_have_weights_only():
    model = builders.learner(protection="used", sparsity=50)
    model.begin_task(0)
    capacity = model.capacity()
    assert capacity.groups == () and capacity.units_free is None
    assert 0.4 < capacity.fraction < 0.6


def test_untracked_use_is_refused():
    with pytest.raises(ValueError, match="needs a protection that tracks use"):
        builders.learner(protection="all").capacity()


@pytest.mark.parametrize(
    ("taken", "wanted", "full"),
    [
        ((4, 7), (6, 3), False),
        ((4, 7), (6, 4), True),
        ((4, 7), (7, 0), True),
        ((10, 0), (0, 0), True),
        ((9, 9), (0, 0), False),
        ((9, 9), (1, 1), False),
    ],
)
def test_it_is_full_where_a_task_does_not_find_what_it_asks_for(taken, wanted, full):
    groups = tuple(
        GroupCapacity((name,), 10, *numbers)
        for name, *numbers in zip("ab", taken, wanted, strict=True)
    )
    capacity = Capacity(groups, {"a/kernel": (20, 5), "b/kernel": (60, 35)})
    assert capacity.full is full
    assert [group.free for group in groups] == [10 - taken[0], 10 - taken[1]]
    assert capacity.units_free == pytest.approx((20 - sum(taken)) / 20)
    assert capacity.fraction == pytest.approx(40 / 80)
    assert "25%" in str(capacity) and "58%" in str(capacity) and "50%" in str(capacity)


def test_what_is_said_names_what_is_free_and_what_is_wanted():
    model = _learner(sparsity=[75, 50], tasks=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model.begin_task(0)
    # Of 12 units six are on: two tasks fill the second layer.
    with pytest.warns(
        UserWarning, match=r"full after task 1.*\(dense\w* 0 of 6 wanted\)"
    ):
        model.begin_task(1)
    with pytest.warns(UserWarning, match=r"task 2 finds .*\(dense\w* 0 of 6 wanted\)"):
        model.begin_task(2)


def test_while_the_first_task_is_being_thinned_out_nothing_is_said_of_the_next():
    # At the first step everything is on: that says nothing of what stays.
    model = _learner(ramp_steps=10, tasks=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model.begin_task(0)
    # The last task has no next one.
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        model.begin_task(1)
    assert all("after task" not in str(w.message) for w in caught)
