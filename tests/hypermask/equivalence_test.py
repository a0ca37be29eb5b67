"""A learner that was extended, copied or grown for nothing is the one that was not."""

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from tests.hypermask import builders

pytestmark = pytest.mark.backend_more
OPTIONS = {
    "unit": {"granularity": "unit", "reuse": 0.0, "protection": "hard"},
    "soft": {"granularity": "unit", "beta": 1.0},
    "weight": {"granularity": "weight", "protection": "used", "beta": 1.0},
    "head": {"granularity": "unit", "head": "per_task", "sampled_tasks": 2},
    "bank": {"granularity": "unit", "hypernetwork": "bank"},
}


def _learner(tasks, options, momentum=0.9):
    keras.utils.set_random_seed(1)
    options = dict(options)
    if options.get("hypernetwork"):
        options["hypernetwork"] = hm.MaskBank(seed=2)
    model = builders.learner(
        builders.normalised(),
        tasks=tasks,
        optimizer=keras.optimizers.SGD(0.05, momentum=momentum),
        **options,
    )
    builders.shake(model.target.variables)
    return model


def _learn(model, task):
    keras.utils.set_random_seed(10 + task)
    model.begin_task(task)
    builders.steps(model, 2)


def _assert_same(one, other, tasks):
    for task in range(tasks):
        np.testing.assert_array_equal(one.units_on(task), other.units_on(task))
        for first, second in zip(
            one.task_values(task), other.task_values(task), strict=True
        ):
            for a, b in zip(first, second, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:The network is full")
@pytest.mark.parametrize("name", OPTIONS)
def test_extended_on_the_way_it_learns_as_if_planned_for_all(name):
    planned, extended = (_learner(tasks, OPTIONS[name]) for tasks in (4, 2))
    for model in (planned, extended):
        for task in range(2):
            _learn(model, task)
    extended = extended.extend(3).extend(4)
    assert extended.num_finished_tasks == planned.num_finished_tasks == 1
    for model in (planned, extended):
        for task in (2, 3):
            _learn(model, task)
    _assert_same(planned, extended, 4)


def test_it_goes_on_in_the_middle_of_a_task():
    # Without momentum, for the copy's optimizer starts afresh.
    planned, extended = (_learner(tasks, OPTIONS["soft"], 0.0) for tasks in (3, 2))
    for model in (planned, extended):
        _learn(model, 0)
        model.begin_task(1)
        builders.steps(model)
    extended = extended.extend(3)
    for model in (planned, extended):
        builders.steps(model, 2)
    _assert_same(planned, extended, 2)
    assert extended.num_learned_tasks == 2 and extended.active_task == 1


def test_a_capacity_that_does_not_grow_is_refused():
    model = builders.learner(tasks=2)
    for tasks in (1, 2):
        with pytest.raises(ValueError, match="above the present capacity of 2"):
            model.extend(tasks)
