"""The sparsity of the first task rises with its steps, and with no others."""

import math

import numpy as np
import pytest

import hypermask_tf as hm
from tests.hypermask import builders

pytestmark = pytest.mark.backend
STEPS = 5


def _learner(**kwargs):
    # A bank: what is learned later does not move the scores of an earlier task.
    options = {"sparsity": 80, "ramp_steps": STEPS, "hypernetwork": hm.MaskBank(seed=1)}
    return builders.learner(**options, **kwargs)


def _assert_sparsity(model, task, percent):
    for mask in model.mask(task).values():
        off = math.ceil(round((mask.size - 1) * percent / 100, 6))
        assert np.sum(mask == 0) == off


def test_it_rises_step_by_step_and_stays_at_the_top():
    model = _learner()
    model.begin_task(0)
    for step in range(1, STEPS + 3):
        builders.steps(model)
        _assert_sparsity(model, 0, 80 * min(step, STEPS) / STEPS)


@pytest.mark.parametrize("granularity", ["weight", "unit"])
@pytest.mark.parametrize("early", [1, 3])
def test_a_first_task_that_ended_early_keeps_its_mask(granularity, early):
    model = _learner(granularity=granularity, protection="used", lam=0.0)
    model.begin_task(0)
    builders.steps(model, early)
    masks, on = model.mask(0), model.units_on(0)
    assert np.mean(~on) == pytest.approx(0.8 * early / STEPS, abs=0.1)
    model.begin_task(1)
    for _ in range(STEPS):
        np.testing.assert_array_equal(model.units_on(0), on)
        for name, mask in model.mask(0).items():
            np.testing.assert_array_equal(mask, masks[name])
        builders.steps(model)


def test_further_tasks_are_sparse_from_their_first_step():
    model = _learner()
    for task in range(3):
        model.begin_task(task)
        _assert_sparsity(model, task, 80 if task else 80 / STEPS)
        builders.steps(model)
        _assert_sparsity(model, task, 80 if task else 80 / STEPS)


def test_before_the_first_step_stands_the_mask_of_the_first():
    model = _learner()
    _assert_sparsity(model, 0, 80 / STEPS)
    model.begin_task(0)
    _assert_sparsity(model, 0, 80 / STEPS)


def test_evaluating_is_no_step():
    model = _learner()
    model.begin_task(0)
    builders.steps(model)
    model.evaluate(*builders.data(0), task=0, verbose=0)
    model.test_on_batch(*builders.data(0))
    _assert_sparsity(model, 0, 80 / STEPS)


def test_it_goes_on_in_a_longer_copy():
    model = _learner(tasks=2)
    model.begin_task(0)
    builders.steps(model)
    longer = model.extend(3)
    for each in (model, longer):
        builders.steps(each, 2)
        _assert_sparsity(each, 0, 80 * 3 / STEPS)
