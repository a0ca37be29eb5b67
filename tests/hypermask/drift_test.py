"""What holds the masks of earlier tasks: R_out, step by step, against plain NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

import hypermask_tf as hm
from tests.hypermask import builders

pytestmark = pytest.mark.backend_more
FACTORS = {"mean": lambda t: 1 / t, "authors": lambda t: 1 / t**2, "sum": lambda t: 1.0}


def _scores(model):
    tasks = ops.arange(model.num_tasks, dtype="int32")
    return ops.convert_to_numpy(model.hypernetwork(tasks))


def _step(model):
    """Logs of one step."""
    model.reset_metrics()
    x, y = builders.data(model.num_learned_tasks - 1, 32)
    return model.train_on_batch(x, y, return_dict=True)


def _still(**kwargs):
    """A learner whose steps change nothing, so that a step's logs can be told."""
    return builders.learner(
        optimizer=keras.optimizers.SGD(0.0), **{"lam": 0.0, "tasks": 5, **kwargs}
    )


@pytest.mark.parametrize("granularity", ["weight", "unit"])
@pytest.mark.parametrize("reduction", FACTORS)
def test_it_is_the_squared_distance_from_where_the_task_began(granularity, reduction):
    model = _still(beta=0.25, output_reduction=reduction, granularity=granularity)
    for task in range(4):
        model.begin_task(task)
        # As the scores are when the task begins, its own start included.
        start = _scores(model)
        assert _step(model)["output_regularization"] == 0
        builders.shake(model.hypernetwork.variables, task)
        moved = np.square(_scores(model) - start).sum(axis=1)
        assert (moved > 0.1).all()
        expected = 0.25 * FACTORS[reduction](max(task, 1)) * moved[:task].sum()
        assert _step(model)["output_regularization"] == pytest.approx(
            expected, rel=1e-4
        )


@pytest.mark.parametrize("sampled", [None, 2])
def test_whatever_rounding_does_the_first_step_has_no_drift(sampled):
    model = _still(beta=1.0, sampled_tasks=sampled)
    for task in range(2):
        model.begin_task(task)
        # As if the scores were not those that were written down.
        builders.shake(model.hypernetwork.variables, task)
        assert _step(model)["output_regularization"] == 0
        assert (_step(model)["output_regularization"] > 0) == (task > 0)


def test_the_first_step_is_that_of_the_task_and_not_of_a_call():
    model = _still(beta=1.0)
    for task in range(2):
        model.begin_task(task)
    builders.shake(model.hypernetwork.variables)
    for epoch in range(2):
        logs = builders.learn(model, 1).history
        # Two batches, of which the very first has none.
        drifts = logs["output_regularization"][0] * (1 if epoch else 2)
        if not epoch:
            first = drifts
    assert drifts == pytest.approx(first, rel=1e-5) and first > 0


@pytest.mark.parametrize("reduction", FACTORS)
def test_sampled_tasks_are_earlier_ones(reduction):
    """With one earlier task there is nothing to choose from."""
    model = _still(beta=1.0, sampled_tasks=3, output_reduction=reduction)
    for task in range(2):
        model.begin_task(task)
    start = _scores(model)
    assert _step(model)["output_regularization"] == 0
    builders.shake(model.hypernetwork.variables)
    moved = np.square(_scores(model) - start).sum(axis=1)
    found = _step(model)["output_regularization"]
    assert found == pytest.approx(moved[0], rel=1e-4)


def test_its_gradient_pulls_earlier_scores_back():
    model = builders.learner(
        beta=1.0, lam=0.0, tasks=3, optimizer=keras.optimizers.SGD(1e-3)
    )
    for task in range(3):
        model.begin_task(task)
    start = _scores(model)
    _step(model)
    builders.shake(model.hypernetwork.stack.variables)
    before = np.square(_scores(model) - start).sum(axis=1)
    for _ in range(10):
        _step(model)
    after = np.square(_scores(model) - start).sum(axis=1)
    assert (after[:2] < 0.9 * before[:2]).all()


@pytest.mark.parametrize(
    "options", [{"beta": 0.0}, {"protection": "hard"}, {"hypernetwork": "bank"}]
)
def test_where_nothing_drifts_nothing_is_said(options):
    options = {"beta": 1.0, **options}
    if options.get("hypernetwork"):
        options["hypernetwork"] = hm.MaskBank(seed=1)
    model = _still(**options)
    for task in range(2):
        model.begin_task(task)
    builders.shake(model.hypernetwork.variables)
    assert [_step(model)["output_regularization"] for _ in range(2)] == [0, 0]


@pytest.mark.parametrize("protection", ["used", "all", "current"])
@pytest.mark.parametrize("granularity", ["weight", "unit"])
def test_weights_are_held_where_the_task_began(protection, granularity):
    model = _still(lam=0.5, beta=0.0, protection=protection, granularity=granularity)
    model.begin_task(0)
    builders.shake(model.target.variables)
    assert _step(model)["weight_regularization"] == 0
    earlier = []
    for task in (1, 2):
        model.begin_task(task)
        earlier.append(model.mask_arrays(task - 1))
        start = [ops.convert_to_numpy(v.value) for v in model.target.variables]
        assert _step(model)["weight_regularization"] == 0
        builders.shake(model.target.variables, task)
        expected = 0.0
        now = model.mask_arrays(task)
        for i, (variable, theta) in enumerate(
            zip(model.target.trainable_variables, start, strict=True)
        ):
            distance = np.abs(ops.convert_to_numpy(variable.value) - theta)
            if protection == "used":
                through = [m[i] is None or m[i] != 0 for m in earlier]
                distance = distance * np.any(through, axis=0)
            elif protection == "current" and now[i] is not None:
                distance = distance * now[i]
            elif protection == "current" and granularity == "weight":
                # The output bias has scores, though no mask.
                own = _scores(model)[task][-distance.size :]
                distance = distance * np.abs(np.tanh(own))
            expected += 0.5 * distance.sum()
        found = _step(model)["weight_regularization"]
        assert found == pytest.approx(expected, rel=1e-4) and expected > 0.1
