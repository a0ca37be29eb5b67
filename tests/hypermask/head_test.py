"""A head of its own for every task."""

import keras
import numpy as np
import pytest
from keras import ops

from tests.hypermask import builders

pytestmark = pytest.mark.backend


def _head(model, task):
    kernel, bias = model.task_values(task)[0][-2:]
    return kernel, bias


def test_heads_start_afresh_and_stay():
    model = builders.learner(granularity="unit", head="per_task", sparsity=50)
    first = [
        ops.convert_to_numpy(v.value).copy()
        for v in model.target.trainable_variables[-2:]
    ]
    builders.learn(model, 0, epochs=2)
    learned = _head(model, 0)
    assert not np.array_equal(learned[1], first[1])
    model.begin_task(1)
    for variable, value in zip(
        model.target.trainable_variables[-2:], first, strict=True
    ):
        np.testing.assert_array_equal(ops.convert_to_numpy(variable.value), value)
    builders.learn(model, 1, epochs=2)
    assert not np.array_equal(_head(model, 1)[1], learned[1])
    # The bias has no mask, and the mask drifts little: the head itself is the same.
    np.testing.assert_array_equal(_head(model, 0)[1], learned[1])


def test_the_head_needs_no_protection():
    shared = builders.learner(granularity="unit")
    own = builders.learner(granularity="unit", head="per_task")
    assert len(shared._memory.indices) - len(own._memory.indices) == 2


def test_evaluate_uses_the_head_of_the_task():
    model = builders.learner(
        granularity="unit",
        head="per_task",
        protection="hard",
        sparsity=50,
        compile=builders.COMPILED,
    )
    for task in range(3):
        builders.learn(model, task, passes=30)
    for task in range(3):
        x, y = builders.data(task)
        logits = model.predict(x, verbose=0, task=task)
        baked = model.bake(task).predict(x, verbose=0)
        np.testing.assert_allclose(logits, baked, rtol=1e-4, atol=1e-5)
        assert np.mean(np.argmax(logits, -1) == y) > 0.9


def test_a_head_per_task_needs_one_output():
    inputs = keras.Input((builders.FEATURES,))
    x = keras.layers.Dense(16, "relu")(inputs)
    outputs = [keras.layers.Dense(size)(x) for size in (3, 2)]
    with pytest.raises(ValueError, match="a target with 2 outputs"):
        builders.learner(keras.Model(inputs, outputs), head="per_task")


@pytest.mark.parametrize("learned", [0, 1, 2])
def test_heads_of_further_tasks_start_as_the_first_did(learned):
    """From weights that somebody brought, for instance."""
    target = builders.mlp()
    brought = [np.full(v.shape, 0.25) for v in target.trainable_variables[-2:]]
    for variable, value in zip(target.trainable_variables[-2:], brought, strict=True):
        variable.assign(value)
    model = builders.learner(target, granularity="unit", head="per_task", tasks=2)
    for task in range(learned):
        model.begin_task(task)
        builders.steps(model)
    model = model.extend(4)
    for task in range(learned, 4):
        model.begin_task(task)
        for variable, value in zip(
            model.target.trainable_variables[-2:], brought, strict=True
        ):
            np.testing.assert_array_equal(ops.convert_to_numpy(variable.value), value)
        builders.steps(model)
