"""What a later task does reaches no earlier one."""

import keras
import numpy as np
import pytest
from keras import layers

import hypermask_tf as hm
from hypermask_tf.training import NonFiniteLossError
from tests.strangers.strangers import (
    X,
    Y,
    assert_same_state,
    dense,
    fit,
    learner,
    predict,
    state,
)

HARD = {"protection": "hard", "head": "per_task"}
# All that promise the last bit: units and weights, a hypernetwork and none.
PROMISES = {
    "units": HARD,
    "computed whole": {**HARD, "narrow": False},
    "shared head": {"protection": "hard"},
    "weights": {**HARD, "granularity": "weight"},
    "bank of scores": lambda: {**HARD, "hypernetwork": hm.MaskBank()},
    "chunks": lambda: {**HARD, "hypernetwork": hm.ChunkedHypernetwork(chunk_size=16)},
    "binary": {**HARD, "activation": "binary"},
    "tanh": {**HARD, "activation": "tanh"},
    "reused units": {**HARD, "reuse": 1.0},
}


def _promise(name):
    given = PROMISES[name]
    return given() if callable(given) else given


def _with(value):
    x = X.copy()
    x[3, 2] = value
    return x


ATTACKS = {
    "NaN in an input": lambda model: fit(model, 1, _with(np.nan)),
    "infinite input": lambda model: fit(model, 1, _with(np.inf)),
    "all NaN": lambda model: fit(model, 1, np.full_like(X, np.nan)),
    "exploding rate": lambda model: _with_optimizer(model, keras.optimizers.SGD(1e20)),
    "NaN from the loss": lambda model: _with_loss(model),
}


def _with_optimizer(model, optimizer):
    model.compile(optimizer, model.loss)
    fit(model, 1, epochs=3)


def _with_loss(model):
    model.compile("adam", lambda y, p: keras.ops.sum(p, axis=-1) / 0.0)
    fit(model, 1)


@pytest.mark.parametrize("name", PROMISES)
def test_a_task_full_of_nan_changes_no_earlier_one(name):
    # Compiled steps are what a user has; all kinds go the same way through them.
    eager = None if name not in ("units", "weights") else False
    model = learner(dense(), eager=eager, **_promise(name))
    fit(model, 0, epochs=2)
    before, baked = predict(model, 0), predict(model.bake(0))
    for attack in ("NaN in an input", "exploding rate"):
        with pytest.raises(NonFiniteLossError):
            ATTACKS[attack](model)
        np.testing.assert_array_equal(predict(model, 0), before)
        np.testing.assert_array_equal(predict(model.bake(0)), baked)
        assert model.num_learned_tasks == 1
    # And what comes after is learned as if nothing had been.
    model.compile(keras.optimizers.Adam(3e-3), model.loss, metrics=["accuracy"])
    fit(model, 1, y=1 - Y, epochs=6)
    np.testing.assert_array_equal(predict(model, 0), before)
    assert np.isfinite(predict(model, 1)).all()


@pytest.mark.backend
@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("protection", ["used", "hard"])
def test_training_stops_and_the_learner_is_as_before(attack, protection):
    model = learner(dense(), protection=protection)
    fit(model, 0)
    weights = [np.array(w) for w in model.get_weights()]
    with pytest.raises(NonFiniteLossError, match="is kept"):
        ATTACKS[attack](model)
    for one, other in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_it_stops_early():
    seen = []

    class Count(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(batch)

    model = learner(dense(), protection="hard")
    with pytest.raises(NonFiniteLossError):
        fit(model, 0, np.full_like(X, np.nan), epochs=5, callbacks=[Count()])
    assert len(seen) < 4


def test_a_second_call_goes_back_to_where_it_began():
    model = learner(dense())
    fit(model, 0)
    before = state(model)
    with pytest.raises(NonFiniteLossError, match="inputs"):
        fit(model, 0, _with(np.nan))
    assert_same_state(before, state(model))


@pytest.mark.backend
def test_single_batches_stop_as_well():
    model = learner(dense(), protection="hard", head="per_task")
    fit(model, 0)
    before = predict(model, 0)
    model.begin_task(1)
    with pytest.raises(NonFiniteLossError):
        for _ in range(3):
            model.train_on_batch(_with(np.nan), Y)
    assert model.num_learned_tasks == 1
    np.testing.assert_array_equal(predict(model, 0), before)


@pytest.mark.parametrize("narrow", [True, False])
@pytest.mark.parametrize(
    "granularity", ["unit", pytest.param("weight", marks=pytest.mark.slow)]
)
def test_weights_that_no_task_uses_may_hold_anything(granularity, narrow):
    model = learner(dense(), **HARD, granularity=granularity, narrow=narrow)
    fit(model, 0)
    fit(model, 1, y=1 - Y)
    before = [predict(model, task) for task in (0, 1)]
    masks = [model.mask_arrays(task) for task in (0, 1)]
    for i, variable in enumerate(model.target.trainable_variables):
        if masks[0][i] is None:
            continue
        free = (masks[0][i] == 0) & (masks[1][i] == 0)
        value = np.array(variable)
        variable.assign(np.where(free, np.nan, value))
    for task in (0, 1):
        np.testing.assert_array_equal(predict(model, task), before[task])
        baked = predict(model.bake(task, compact=granularity == "unit"))
        np.testing.assert_allclose(baked, before[task], rtol=1e-4, atol=1e-4)


@pytest.mark.backend
@pytest.mark.parametrize(
    "arguments",
    [
        {"kernel_regularizer": keras.regularizers.L2(5.0)},
        {"bias_regularizer": keras.regularizers.L1(5.0)},
        {"kernel_regularizer": keras.regularizers.OrthogonalRegularizer(1.0)},
    ],
    ids=["L2", "L1", "orthogonal"],
)
def test_penalties_move_only_what_is_free(arguments):
    # Masks in a bank: nothing else moves.
    model = learner(dense(**arguments), hypernetwork=hm.MaskBank())
    fit(model, 0, epochs=2)
    before = predict(model, 0)
    # Nothing but the penalty drives the second task.
    model.compile(keras.optimizers.Adam(1e-2), lambda y, p: 0.0 * keras.ops.sum(p))
    model.begin_task(1)
    fit(model, 1, epochs=3)
    size = np.abs(before).max()
    np.testing.assert_allclose(predict(model, 0), before, atol=1e-5 * size)


CONSTRAINED = {"kernel_constraint": keras.constraints.UnitNorm()}


@pytest.mark.parametrize(
    ("protection", "arguments"),
    [
        ("used", CONSTRAINED),
        ("all", CONSTRAINED),
        ("current", {"kernel_regularizer": "l2"}),
        ("all", {"bias_regularizer": "l1"}),
    ],
)
def test_what_moves_protected_weights_is_told(protection, arguments):
    with pytest.warns(UserWarning, match="expect forgetting.*hidden"):
        learner(dense(**arguments), protection=protection, reuse=1.0)


def test_hard_protection_holds_under_constraints_and_penalties():
    model = learner(
        dense(kernel_regularizer="l2", **CONSTRAINED), protection="hard", rate=1e-2
    )
    fit(model, 0, epochs=2)
    before = predict(model, 0)
    fit(model, 1, y=1 - Y, epochs=4)
    np.testing.assert_array_equal(predict(model, 0), before)


def test_constraints_hold_for_what_is_free():
    model = learner(dense(kernel_constraint=keras.constraints.NonNeg()))
    fit(model, 0, epochs=2)
    assert (np.array(model.target.layers[0].kernel) >= 0).all()


def test_moving_statistics_of_a_finished_task_stay():
    model = learner(dense(), layers.BatchNormalization(), protection="hard")
    fit(model, 0)
    before = predict(model, 0)
    fit(model, 1, X * 100)
    np.testing.assert_array_equal(predict(model, 0), before)
