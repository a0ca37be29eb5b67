"""Numbers and settings mean what they seem to."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers

from tests.strangers.strangers import LOSS, X, Y, dense, fit, learner, predict


class Sparse(keras.Layer):
    """Adds a loss of its own."""

    def call(self, x):
        self.add_loss(0.1 * keras.ops.mean(keras.ops.abs(x)))
        return x


PENALISED = {
    "plain": lambda: [dense()],
    "weights": lambda: [dense(kernel_regularizer="l2", bias_regularizer="l1")],
    "orthogonal": lambda: [
        dense(kernel_regularizer=keras.regularizers.OrthogonalRegularizer())
    ],
    "activity": lambda: [dense(activity_regularizer="l2")],
    "add_loss": lambda: [dense(), Sparse()],
    "all": lambda: [
        dense(kernel_regularizer="l2", activity_regularizer="l1"),
        layers.BatchNormalization(gamma_regularizer="l2"),
        Sparse(),
    ],
}


@pytest.mark.backend_more
@pytest.mark.parametrize("name", PENALISED)
@pytest.mark.parametrize(
    "protection", ["hard", pytest.param("used", marks=pytest.mark.slow)]
)
def test_the_loss_is_that_of_the_tasks_own_network(name, protection):
    model = learner(*PENALISED[name](), protection=protection)
    fit(model, 0)
    fit(model, 1, y=1 - Y)
    for task in (0, 1):
        baked = model.bake(task)
        baked.compile(loss=LOSS, metrics=["accuracy"])
        found = model.evaluate(X, Y, task=task, verbose=0)
        expected = baked.evaluate(X, Y, verbose=0)
        np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("name", ["weights", "all"])
def test_the_loss_of_a_finished_task_stays(name):
    model = learner(*PENALISED[name](), protection="hard", head="per_task")
    fit(model, 0, epochs=2)
    before = model.evaluate(X, Y, task=0, verbose=0)
    fit(model, 1, y=1 - Y, epochs=3)
    np.testing.assert_allclose(
        model.evaluate(X, Y, task=0, verbose=0), before, rtol=1e-6
    )


@pytest.mark.backend_more
def test_penalties_are_learned_from():
    norms = []
    for given in (None, keras.regularizers.L2(20.0)):
        keras.utils.set_random_seed(0)
        model = learner(dense(kernel_regularizer=given), narrow=True, rate=3e-2)
        fit(model, 0, epochs=5)
        norms.append(np.abs(model.bake(0).layers[0].get_weights()[0]).sum())
    assert norms[1] < 0.85 * norms[0]


def test_both_widths_learn_the_same_under_a_penalty():
    outcomes = []
    for narrow in (True, False):
        keras.utils.set_random_seed(0)
        model = learner(dense(kernel_regularizer="l2"), narrow=narrow)
        fit(model, 0, shuffle=False)
        fit(model, 1, y=1 - Y, shuffle=False)
        assert (not model.dense_fallback_reason) == narrow
        outcomes.append(predict(model, 1))
    np.testing.assert_allclose(*outcomes, rtol=1e-3, atol=1e-3)


def test_other_data_without_a_task_are_told():
    model = learner(dense())
    model.fit(X, Y, verbose=0)
    with pytest.warns(UserWarning, match=r"no `task`.*task=1"):
        model.fit(X, 1 - Y, verbose=0)
    with pytest.warns(UserWarning, match="no `task`"):
        model.fit(X[:100], Y[:100], verbose=0)


@pytest.mark.parametrize("task", [None, 0, 1])
def test_the_same_data_or_a_task_are_no_reason_for_a_word(task):
    model = learner(dense())
    model.fit(X, Y, verbose=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "The network is full")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        if task is None:
            model.fit(X.copy(), Y, verbose=0)
        else:
            model.fit(X, 1 - Y, task=task, verbose=0)


@pytest.mark.parametrize(
    ("units", "reuse"),
    [
        (16, 0.5),
        (50, 0.9),
        pytest.param(5000, 0.9, marks=pytest.mark.slow),
        (37, 0.37),
        (120, 0.05),
    ],
)
def test_a_task_takes_as_many_free_units_as_it_asks_for(units, reuse):
    model = learner(dense(units), protection="hard", reuse=reuse, sparsity=60)
    fit(model, 0)
    wanted = model.capacity().groups[0].wanted
    before = model.units_on(0)
    fit(model, 1)
    fresh = model.units_on(1) & ~before
    assert fresh.sum() >= wanted
    assert model.units_on(1).sum() == before.sum()


def test_an_evaluation_says_nothing_of_the_learners_own_terms():
    model = learner(dense(kernel_regularizer="l2"))
    fit(model, 0)
    found = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert set(found) == {"loss", "accuracy"}


def test_grown_learners_are_evaluated_alike():
    model = learner(*PENALISED["weights"](), protection="hard", head="per_task")
    fit(model, 0)
    before = model.evaluate(X, Y, task=0, verbose=0)
    for made in (model.grow({"hidden": 24}), model.extend(5)):
        np.testing.assert_allclose(
            made.evaluate(X, Y, task=0, verbose=0), before, rtol=1e-4
        )
