"""The way back: the task being learned is given up."""

import numpy as np
import pytest

from tests.strangers.strangers import (
    Y,
    assert_same_state,
    dense,
    fit,
    learner,
    predict,
    state,
)


@pytest.mark.backend
@pytest.mark.parametrize("protection", ["used", "hard"])
def test_undoing_a_task_is_as_if_it_had_not_begun(protection):
    model = learner(dense(), protection=protection)
    fit(model, 0)
    outputs, before = predict(model, 0), state(model)
    fit(model, 1, y=1 - Y, epochs=3)
    model.undo_task()
    assert model.num_learned_tasks == 1 and model.num_finished_tasks == 0
    assert_same_state(before, state(model))
    np.testing.assert_array_equal(predict(model, 0), outputs)


def test_the_task_before_is_open_again_and_the_undone_one_can_begin():
    model = learner(dense())
    fit(model, 0)
    fit(model, 1, inherit=0)
    model.undo_task()
    fit(model, 0)
    fit(model, 1, inherit=0)
    assert model.num_learned_tasks == 2


def test_the_first_task_can_be_undone():
    model = learner(dense())
    fit(model, 0)
    model.undo_task()
    assert model.num_learned_tasks == 0


def test_only_one_task_is_remembered():
    model = learner(dense())
    with pytest.raises(ValueError, match="no task to undo"):
        model.undo_task()
    fit(model, 0)
    fit(model, 1)
    model.undo_task()
    with pytest.raises(ValueError, match="no task to undo"):
        model.undo_task()
