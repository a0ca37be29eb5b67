import keras
import numpy as np
import pytest

from tests.hypermask import builders

pytestmark = pytest.mark.backend
_OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.01),
    "adagrad": lambda: keras.optimizers.Adagrad(0.01, initial_accumulator_value=0.3),
    "schedule": lambda: keras.optimizers.SGD(
        keras.optimizers.schedules.CosineDecay(0.1, 20), momentum=0.9
    ),
    "averaged": lambda: keras.optimizers.AdamW(0.01, use_ema=True),
}


def _state(optimizer):
    return [keras.ops.convert_to_numpy(v.value).copy() for v in optimizer.variables]


def _learned(name, **options):
    model = builders.learner(optimizer=_OPTIMIZERS[name](), **options)
    builders.learn(model, 0)
    return model


@pytest.mark.parametrize("name", _OPTIMIZERS)
def test_a_task_starts_from_a_fresh_optimizer(name):
    model = _learned(name)
    fresh = _OPTIMIZERS[name]()
    fresh.build(model.trainable_variables)
    optimizer = model.optimizer
    model.begin_task(1)
    assert model.optimizer is optimizer
    for got, expected in zip(_state(optimizer), _state(fresh), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_reset_optimizer_false():
    model = _learned("adam", reset_optimizer=False)
    before = _state(model.optimizer)
    model.begin_task(1)
    for one, other in zip(before, _state(model.optimizer), strict=True):
        np.testing.assert_array_equal(one, other)


def test_compiled_anew_between_tasks():
    model = _learned("adam")
    model.compile(
        keras.optimizers.Adam(0.5),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    model.begin_task(1)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.5)
    assert model.get_compile_config()["optimizer"]["config"]["learning_rate"] == (
        pytest.approx(0.5)
    )


def test_not_compiled():
    model = builders.learner()
    other = type(model).from_config(model.get_config())
    other.begin_task(0)
    other.begin_task(1)
    assert other.num_learned_tasks == 2
