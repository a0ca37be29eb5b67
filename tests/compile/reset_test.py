"""After a task begins, the optimizer is what a new one of its settings would be."""

import functools

import keras
import numpy as np
import pytest
from keras import optimizers

from tests.compile import kinds

pytestmark = pytest.mark.backend_more
schedules = optimizers.schedules


class Random(optimizers.SGD):
    """Keeps a variable whose first values are neither constant nor weights."""

    def build(self, variables):
        super().build(variables)
        values = np.random.default_rng(3).normal(size=(5,))
        self.table = self.add_variable((5,), initializer="zeros", name="table")
        self.table.assign(values)

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient, variable, learning_rate)
        self.assign_add(self.table, keras.ops.ones((5,)))


class Slow(optimizers.SGD):
    """Keeps slow weights, as Lookahead does, in variables of names of its own."""

    def build(self, variables):
        super().build(variables)
        self.slow = [keras.Variable(v, trainable=False) for v in variables]

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient, variable, learning_rate)
        slow = self.slow[self._get_variable_index(variable)]
        self.assign(slow, 0.5 * (slow + variable))


STOCK = {
    name: functools.partial(getattr(optimizers, name), learning_rate=0.01)
    for name in (
        "SGD RMSprop Adam AdamW Adadelta Adagrad Adamax Adafactor Nadam Ftrl Lion Lamb "
        "Muon ScheduleFreeAdamW"
    ).split()
    if hasattr(optimizers, name)  # the youngest came with later versions of Keras
}
SETTINGS = {
    "momentum": lambda: optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "centered": lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "amsgrad": lambda: optimizers.Adam(0.01, amsgrad=True),
    "average": lambda: optimizers.Adam(0.01, use_ema=True, ema_overwrite_frequency=2),
    "accumulation": lambda: optimizers.Adam(0.01, gradient_accumulation_steps=3),
    "accumulator": lambda: optimizers.Adagrad(0.01, initial_accumulator_value=0.3),
    "loss scale": lambda: optimizers.LossScaleOptimizer(
        optimizers.Adam(0.01), initial_scale=64.0, dynamic_growth_steps=2
    ),
    "schedule": lambda: optimizers.SGD(schedules.CosineDecay(0.1, 20), momentum=0.9),
    "own schedule": lambda: optimizers.Adam(kinds.Schedule(0.01)),
    "callable": lambda: optimizers.Adam(lambda: 3e-3),
    "partial": lambda: optimizers.Adam(functools.partial(float, 0.003)),
    "own class": lambda: kinds.Optimizer(0.01, scale=3.0, momentum=0.9),
    "own variable": lambda: Random(0.01),
    "slow weights": lambda: Slow(0.01),
}
if hasattr(optimizers, "MultiOptimizer"):
    SETTINGS["several"] = lambda: optimizers.MultiOptimizer(
        optimizers.OptimizerMap(
            optimizers.Adam(0.01), {".*bias": optimizers.SGD(0.02, momentum=0.9)}
        )
    )


# One of each way to keep state; the others are variations.
FAST = [*"SGD Adam Adafactor Muon average accumulation several".split(), "loss scale"]
FAST += ["own schedule", "own variable"]


@pytest.fixture(scope="module")
def model():
    """One learner for all: each test compiles it and learns its next two tasks."""
    return kinds.learner(tasks=100, lam=0.0)


@pytest.mark.parametrize(
    "kind",
    [
        kind if kind in FAST else pytest.param(kind, marks=pytest.mark.slow)
        for kind in (*STOCK, *SETTINGS)
    ],
)
def test_every_variable_is_that_of_a_new_optimizer(kind, model):
    make = {**STOCK, **SETTINGS}[kind]
    for variable in model.trainable_variables:
        if variable.name == "bias":  # as in a new learner
            variable.assign(np.zeros(variable.shape))
    model.compile(make(), kinds.times(1.0), **kinds.QUICK)
    optimizer, task = model.optimizer, model.num_learned_tasks
    for steps in (2, 1):
        model.begin_task(task)
        for _ in range(steps):
            model.train_on_batch(*kinds.data(8))
        task += 1
    used = kinds.state(optimizer.variables)
    model.begin_task(task)
    assert model.optimizer is optimizer
    fresh = make()
    fresh.build(model.trainable_variables)
    found, expected = kinds.state(optimizer.variables), kinds.state(fresh.variables)
    for variable, one, other in zip(fresh.variables, found, expected, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=variable.path)
    assert any((a != b).any() for a, b in zip(used, found, strict=True))


def test_an_optimizer_that_was_used_before_is_fresh_for_the_next_task():
    model = kinds.learner()
    optimizer = optimizers.Adam(0.01)
    optimizer.build(model.trainable_variables)
    gradients = [keras.ops.ones(v.shape) for v in model.trainable_variables]
    optimizer.apply(gradients, model.trainable_variables)
    model.compile(optimizer, kinds.times(1.0), **kinds.QUICK)
    kinds.learn(model, 0)
    model.begin_task(1)
    for variable in optimizer.variables:
        if variable.name != "learning_rate":
            assert not np.any(keras.ops.convert_to_numpy(variable.value)), variable.path


def test_without_a_reset_it_goes_on():
    model = kinds.learner(reset_optimizer=False)
    model.compile(optimizers.Adam(0.01), kinds.times(1.0), **kinds.QUICK)
    kinds.learn(model, 0)
    before = kinds.state(model.optimizer.variables)
    model.begin_task(1)
    for one, other in zip(before, kinds.state(model.optimizer.variables), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.skipif(kinds.QUICK["jit_compile"], reason="float16 steps on TensorFlow")
def test_a_loss_scale_that_keras_adds_is_reset_too():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = kinds.learner()
        model.compile(optimizers.Adam(0.01), kinds.times(1.0), **kinds.QUICK)
        kinds.learn(model, 0)
    finally:
        keras.config.set_dtype_policy("float32")
    optimizer = model.optimizer
    assert isinstance(optimizer, optimizers.LossScaleOptimizer)
    assert float(optimizer.step_counter) == 1
    model.begin_task(1)
    assert float(optimizer.step_counter) == 0
    assert float(optimizer.dynamic_scale) == optimizer.initial_scale
    assert float(optimizer.learning_rate) == pytest.approx(0.01)
    for twin in (model.extend(4), model.grow({"hidden": 20})):
        kinds.learn(twin, 2)
        assert isinstance(twin.optimizer.inner_optimizer, optimizers.Adam)
