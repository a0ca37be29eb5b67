"""More tasks than first planned."""

import numpy as np
import pytest

import hypermask_tf as hm
from tests.hypermask import builders

pytestmark = pytest.mark.backend


@pytest.mark.parametrize(
    ("build", "epochs"),
    [
        (lambda: hm.MLPHypernetwork(4, (8,), seed=1), 3),
        pytest.param(
            lambda: hm.ChunkedHypernetwork(4, (8,), 50, 3, seed=1),
            3,
            marks=pytest.mark.slow,
        ),
        (lambda: hm.MaskBank(seed=1), 8),
    ],
    ids=["mlp", "chunked", "bank"],
)
def test_old_tasks_predict_the_same_and_new_ones_are_learned(build, epochs):
    model = builders.learner(
        builders.normalised(),
        tasks=2,
        hypernetwork=build(),
        granularity="unit",
        lam=1.0,
    )
    for task in range(2):
        builders.learn(model, task)
    before = builders.values(model)
    x, _ = builders.data(0)
    longer = model.extend(4)
    assert (longer.num_tasks, longer.num_learned_tasks) == (4, 2)
    for task in range(2):
        for one, other in zip(
            model.task_values(task), longer.task_values(task), strict=True
        ):
            for first, second in zip(one, other, strict=True):
                np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(
            longer.predict(x, task=task, verbose=0),
            model.predict(x, task=task, verbose=0),
        )
    for task in (2, 3):
        loss = builders.learn(longer, task, epochs=epochs).history["task_loss"]
        assert loss[-1] < loss[0]
    builders.assert_same(builders.values(model), before)


def test_planned_for_few_or_for_many_the_first_tasks_are_the_same():
    masks = []
    for capacity in (2, 6):
        model = builders.learner(tasks=capacity)
        builders.shake(model.target.variables)
        builders.shake(model.hypernetwork.stack.variables, 1)
        masks.append(model.mask(1).values())
    for one, other in zip(*masks, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_the_optimizer_starts_afresh_at_the_rate_of_the_users():
    model = builders.learner(tasks=1)
    builders.learn(model, 0)
    assert float(model.extend(2).optimizer.learning_rate) == pytest.approx(0.01)
    model.optimizer.learning_rate = 1e-5
    longer = model.extend(2)
    assert float(longer.optimizer.learning_rate) == pytest.approx(1e-5)
    assert int(longer.optimizer.iterations) == 0
