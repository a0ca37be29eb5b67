"""The optimizer of a copy: the same class and settings, and no step behind it."""

import copy
import functools

import keras
import numpy as np
import pytest
from keras import ops, optimizers

from tests.compile import kinds

pytestmark = pytest.mark.backend_more
RATE = 0.125


def _by_hand():
    optimizer = optimizers.Adam(RATE)
    optimizer.clipnorm, optimizer.beta_1 = 0.5, 0.75
    return optimizer


KINDS = {
    "schedule": lambda: optimizers.SGD(optimizers.schedules.CosineDecay(RATE, 9)),
    "own schedule": lambda: optimizers.SGD(kinds.Schedule(RATE)),
    "callable": lambda: optimizers.SGD(lambda: RATE),
    "partial": lambda: optimizers.SGD(functools.partial(float, RATE)),
    "own class": lambda: kinds.Optimizer(RATE, scale=3.0, momentum=0.5),
    "set by hand": _by_hand,
    "loss scale": lambda: optimizers.LossScaleOptimizer(
        optimizers.Adam(kinds.Schedule(RATE), beta_1=0.75), initial_scale=8.0
    ),
}
if hasattr(optimizers, "MultiOptimizer"):

    def _several(chosen):
        return optimizers.MultiOptimizer(chosen)

    KINDS["several"] = lambda: _several(
        optimizers.OptimizerMap(
            optimizers.SGD(kinds.Schedule(RATE)), {".*bias": kinds.Optimizer(RATE)}
        )
    )
    first, second = optimizers.SGD(kinds.Schedule(RATE)), optimizers.Adam(RATE)
    KINDS["several by a function"] = lambda: _several(
        lambda variable: first if variable.name == "bias" else second
    )


def _compiled(make, **options):
    # Without penalties and with one seed, two learners take the same steps.
    model = kinds.learner(lam=0.0, beta=0.0, **options)
    model.compile(make(), kinds.times(1.0), **kinds.QUICK)
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_learns_like_a_learner_whose_optimizer_begins(kind):
    model = _compiled(KINDS[kind])
    model.begin_task(0)
    x, y = kinds.data(8)
    model.train_on_batch(x, y)
    twin = model.extend(5)
    assert type(twin.optimizer) is type(model.optimizer)
    assert twin.optimizer is not model.optimizer
    assert not any(np.any(value) for value in _moments(twin))
    # The next task begins with a fresh one in both.
    for one in (model, twin):
        one.begin_task(1)
        for _ in range(2):
            one.train_on_batch(x, y)
    for one, other in zip(
        model.target.trainable_variables, twin.target.trainable_variables, strict=True
    ):
        np.testing.assert_allclose(
            ops.convert_to_numpy(other.value),
            ops.convert_to_numpy(one.value),
            rtol=1e-5,
            atol=1e-6,
        )


def _moments(model):
    """What the optimizer keeps for each weight; zeros before the first step."""
    return [
        ops.convert_to_numpy(v.value) for v in model.optimizer.variables if len(v.shape)
    ]


def test_settings_that_were_set_by_hand_come_along():
    model = _compiled(lambda: optimizers.AdamW(0.1, weight_decay=0.0))
    model.optimizer.weight_decay, model.optimizer.global_clipnorm = 0.25, 2.0
    for twin in (model.extend(4), copy.deepcopy(model), model.grow({"hidden": 20})):
        assert twin.optimizer.weight_decay == 0.25
        assert twin.optimizer.global_clipnorm == 2.0


def test_a_class_whose_configuration_lacks_an_argument_says_so():
    class Needs(optimizers.SGD):
        def __init__(self, needed, **kwargs):
            super().__init__(**kwargs)

    model = _compiled(lambda: Needs(needed=3))
    with pytest.raises(TypeError, match="get_config"):
        model.extend(4)
    model.begin_task(0)
    model.train_on_batch(*kinds.data(8))
    model.begin_task(1)  # which needs no copy


def zero(y_true, y_pred):
    """Without a gradient: weights move by their decay alone."""
    return 0.0 * ops.mean(y_pred, axis=-1)


def _decaying(exclude):
    """A learner whose weights decay, but for those that `exclude` says."""
    model = kinds.learner(lam=0.0, beta=0.0)
    optimizer = optimizers.SGD(0.5, weight_decay=0.5)
    variables = model.target.trainable_variables
    optimizer.exclude_from_weight_decay(**exclude(variables))
    model.compile(optimizer, zero, **kinds.QUICK)
    model.begin_task(0)
    for variable in variables:
        variable.assign(np.ones(variable.shape))
    return model


def _decayed(model, task):
    """Which weights of the target a step makes smaller."""
    if model.num_learned_tasks == task:
        model.begin_task(task)
    before = kinds.state(model.target.trainable_variables)
    model.train_on_batch(*kinds.data(8))
    after = kinds.state(model.target.trainable_variables)
    return [bool((a != b).any()) for a, b in zip(before, after, strict=True)]


EXCLUSIONS = {
    "by variable": lambda variables: {"var_list": [variables[0], variables[3]]},
    "by name": lambda variables: {"var_names": ["bias", "nothing"]},
    "by both": lambda variables: {
        "var_list": [variables[0]],
        "var_names": ["bias"],
    },
}


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("by variable", "grow"),
        ("by both", "extend"),
        ("by both", "saved"),
        *(
            pytest.param(kind, how, marks=pytest.mark.slow)
            for kind in EXCLUSIONS
            for how in ("extend", "grow", "deepcopy", "saved")
        ),
    ],
)
def test_weights_without_decay_stay_so(kind, how, tmp_path):
    model = _decaying(EXCLUSIONS[kind])
    if how == "saved":
        model.save(tmp_path / "model.keras")
        twin = keras.saving.load_model(tmp_path / "model.keras", {"zero": zero})
    else:
        make = {
            "extend": kinds.extended,
            "grow": kinds.widened,
            "deepcopy": copy.deepcopy,
        }
        twin = make[how](model)
    expected = {
        "by variable": [False, True, True, False],
        "by name": [True, False, True, False],
        "by both": [False, False, True, False],
    }[kind]
    for task in range(2):  # a reset changes nothing about it
        assert _decayed(twin, max(task, twin.num_finished_tasks)) == expected
