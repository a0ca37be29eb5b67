"""What keeps earlier tasks."""

import keras
import numpy as np
import pytest
from keras import ops

import hypermask_tf as hm
from hypermask_tf.hypernetworks.drift_penalty import REDUCTIONS, drift
from hypermask_tf.protection.weight_penalty import weight_regularizer
from tests.hypermask import builders

pytestmark = pytest.mark.backend


def _numpy(tensor):
    return ops.convert_to_numpy(tensor)


def test_batch_norm_of_earlier_tasks_is_untouched():
    model = builders.learner(builders.normalised(), granularity="unit")
    builders.learn(model, 0)
    norm = next(
        layer
        for layer in model.target.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    )
    learned = {v.name: _numpy(v.value).copy() for v in norm.variables}
    places = [
        i
        for i, v in enumerate(model.target.non_trainable_variables)
        if v.name.startswith("moving")
    ]
    for task in (1, 2):
        builders.learn(model, task)
        trainable, fixed = model.task_values(0)
        mean, variance = (fixed[i] for i in places)
        np.testing.assert_array_equal(mean, learned["moving_mean"])
        np.testing.assert_array_equal(variance, learned["moving_variance"])
        scale = next(
            value
            for v, value in zip(
                model.target.trainable_variables, trainable, strict=True
            )
            if v.name == "gamma"
        )
        # Under the unit mask; where it lets through, the learned gamma is in it.
        mask = model.mask(0)[norm.gamma.path]
        np.testing.assert_array_equal(scale, learned["gamma"] * mask)
        assert not np.array_equal(
            _numpy(norm.moving_mean.value), learned["moving_mean"]
        )


@pytest.mark.parametrize("mode", ["per_task", "shared"])
def test_whose_batch_norm_it_is(mode):
    model = builders.learner(builders.normalised(), normalization=mode)
    model.begin_task(0)
    before = [v.copy() for part in model.task_values(0) for v in part]
    model.begin_task(1)
    builders.shake(
        [v for v in model.target.variables if "batch_normalization" in v.path], 1
    )
    after = [v for part in model.task_values(0) for v in part]
    names = [
        v.name
        for v in (
            *model.target.trainable_variables,
            *model.target.non_trainable_variables,
        )
    ]
    moved = {
        name
        for name, one, other in zip(names, before, after, strict=True)
        if not np.array_equal(one, other)
    }
    assert (
        moved
        == {
            "per_task": set(),
            "shared": {"gamma", "beta", "moving_mean", "moving_variance"},
        }[mode]
    )


def _drift(model, before, task=0):
    after = model.mask(task)
    return max(float(np.abs(after[name] - before[name]).max()) for name in before)


def test_a_large_beta_holds_earlier_masks():
    drifts = []
    for beta in (0.0, 1e3):
        model = builders.learner(
            beta=beta,
            activation="tanh",
            sparsity=0,
            lam=0.0,
            output_reduction="sum",
            compile=builders.COMPILED,
        )
        builders.shake(model.hypernetwork.stack.variables)
        builders.learn(model, 0)
        before = model.mask(0)
        model.begin_task(1)
        # Small steps, so that Adam does not jump across the valley.
        model.optimizer.learning_rate = 1e-3
        builders.learn(model, 1, passes=30)
        drifts.append(_drift(model, before))
    assert drifts[1] < 0.02 and drifts[0] > 0.1


def test_a_large_lambda_holds_what_earlier_tasks_use():
    # Plain descent of no momentum would oscillate by lr * lam about θ*; Adam's steps
    # are lr at most, so with lr 1e-4 the used weights stay within a few of those.
    model = builders.learner(
        granularity="unit",
        protection="used",
        lam=1e4,
        beta=0.0,
        sparsity=60,
        compile=builders.COMPILED,
    )
    builders.learn(model, 0, passes=3)
    start = [_numpy(v.value).copy() for v in model.target.trainable_variables]
    mask = model.mask(0)
    model.begin_task(1)
    model.optimizer.learning_rate = 1e-3
    builders.learn(model, 1, passes=10)
    for variable, theta in zip(model.target.trainable_variables, start, strict=True):
        used = mask.get(variable.path, np.ones(variable.shape)) != 0
        moved = np.abs(_numpy(variable.value) - theta)
        assert moved[used].max() < 5e-3, variable.path
    free = [
        np.abs(_numpy(v.value) - theta)[mask[v.path] == 0].max()
        for v, theta in zip(model.target.trainable_variables, start, strict=True)
        if v.path in mask and (mask[v.path] == 0).any()
    ]
    assert max(free) > 5e-3


def test_use_is_what_any_earlier_mask_lets_through():
    model = builders.learner(granularity="unit", protection="used", sparsity=60)
    for task in range(3):
        model.begin_task(task)
    masks = [model.mask(0), model.mask(1)]
    for index, used in zip(model._memory.indices, model._memory.used, strict=True):
        path = model.target.trainable_variables[index].path
        expected = np.ones(used.shape)
        if path in masks[0]:
            expected = (masks[0][path] != 0) | (masks[1][path] != 0)
        np.testing.assert_array_equal(_numpy(used.value), expected)


def test_a_weight_that_nothing_moves_stays_where_it_is():
    # The gradient of |θ - θ*| at θ* is 0; JAX's own `abs` would say 1.
    model = builders.learner(
        protection="all", lam=1.0, beta=0.0, optimizer=keras.optimizers.SGD(0.1)
    )
    model.begin_task(0)
    model.begin_task(1)
    before = _numpy(model.target.trainable_variables[0].value).copy()
    off = model.mask(1)[model.target.trainable_variables[0].path] == 0
    x, y = builders.data(1, 32)
    model.train_on_batch(x, y)
    after = _numpy(model.target.trainable_variables[0].value)
    np.testing.assert_array_equal(after[off], before[off])
    assert not np.array_equal(after, before)


def test_the_first_step_of_a_task_has_no_drift():
    model = builders.learner(beta=1e6, lam=0.0)
    builders.learn(model, 0)
    model.begin_task(1)
    x, y = builders.data(1, 32)
    terms = []
    for _ in range(2):
        model.reset_metrics()
        logs = model.train_on_batch(x, y, return_dict=True)
        terms.append(logs["output_regularization"])
    assert terms[0] == 0.0 < terms[1]


@pytest.mark.parametrize(
    ("reduction", "factor"), [("mean", 1 / 3), ("authors", 1 / 9), ("sum", 1.0)]
)
def test_output_regularizer(reduction, factor):
    generator = np.random.default_rng(0)
    now, then = generator.normal(size=(2, 5, 7)).astype("float32")
    penalty = hm.DriftPenalty(reduction=reduction)
    weights = penalty.weights(5, ops.convert_to_tensor(3))
    np.testing.assert_allclose(
        _numpy(weights), [factor, factor, factor, 0, 0], rtol=1e-6
    )
    expected = factor * np.sum((now[:3] - then[:3]) ** 2)
    got = drift(now, then, weights)
    assert float(got) == pytest.approx(expected, rel=1e-5)
    none = penalty.weights(5, ops.convert_to_tensor(0))
    assert not _numpy(none).any()


def test_weight_regularizer():
    generator = np.random.default_rng(0)
    values, references = generator.normal(size=(2, 2, 4)).astype("float32")
    use = [None, np.array([1, 0, 1, 0.5], "float32")]
    expected = np.abs(values - references)
    expected[1] *= use[1]
    got = weight_regularizer(values, references, use)
    assert float(got) == pytest.approx(expected.sum(), rel=1e-6)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_the_mean_over_samples_of_tasks_is_the_whole_sum(reduction):
    terms = {}
    for sampled in (None, 2):
        model = builders.learner(
            tasks=5, sampled_tasks=sampled, output_reduction=reduction, sparsity=0
        )
        builders.shake(model.hypernetwork.variables)
        for task in range(4):
            model.begin_task(task)
        builders.shake(model.hypernetwork.stack.variables, 1)
        model.state.counters.steps.assign(2)
        draws = 1 if sampled is None else 150
        task = ops.convert_to_tensor(3, "int32")
        terms[sampled] = [
            float(model._forward._scores_and_drift(task, task)[1]) for _ in range(draws)
        ]
    (whole,) = terms[None]
    # Of two draws from three unlike tasks; four standard errors.
    error = np.std(terms[2]) / np.sqrt(len(terms[2]))
    assert np.std(terms[2]) > 0.01 * whole
    assert abs(np.mean(terms[2]) - whole) < 4 * error


def test_sampling_before_there_is_anything_to_sample():
    model = builders.learner(sampled_tasks=2)
    history = builders.learn(model, 0).history
    assert history["output_regularization"] == [0.0]


def test_a_bank_of_masks_cannot_move_earlier_ones():
    model = builders.learner(hypernetwork=hm.MaskBank(seed=1), beta=5.0)
    builders.learn(model, 0)
    before = model.mask(0)
    builders.learn(model, 1, epochs=3)
    assert _drift(model, before) == 0.0
