"""A step at a task's width is that of the whole network, for random models."""

import keras
import numpy as np
import pytest
from keras import ops

from tests.hypermask import builders
from tests.units.random_models import RandomModel


class _Steady(RandomModel):
    """Without dropout, whose numbers are others in a narrower layer."""

    def _drop(self, x):
        return x


def _learner(seed, narrow):
    keras.utils.set_random_seed(seed)
    target = _Steady(seed, zero_stays=False).build(size=8)
    model = builders.learner(
        target,
        granularity="unit",
        sparsity=50,
        narrow=narrow,
        lam=0.1,
        beta=0.1,
        optimizer=keras.optimizers.SGD(1e-3),
    )
    builders.shake(target.variables, seed)
    return model


def _steps(model):
    """Losses of two tasks, and all weights behind them."""
    random, losses = np.random.default_rng(0), []
    for task in range(2):
        model.begin_task(task)
        for _ in range(2):
            x = random.normal(size=(8, 6, 6, 2)).astype("float32")
            logs = model.train_on_batch(x, np.arange(8) % 3, return_dict=True)
            losses.append(logs["task_loss"])
            model.reset_metrics()
    return losses, {
        f"{i} {v.path}": ops.convert_to_numpy(v.value)
        for i, v in enumerate(model.trainable_variables)
    }


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(seed, marks=[] if seed < 4 else [pytest.mark.slow])
        for seed in range(24)
    ],
)
@pytest.mark.filterwarnings("ignore:The network is full")
def test_the_step_is_the_same(seed):
    narrow = _learner(seed, True)
    if narrow.dense_fallback_reason:
        pytest.skip(narrow.dense_fallback_reason)
    (losses, values), (expected, whole) = map(_steps, (narrow, _learner(seed, False)))
    np.testing.assert_allclose(losses, expected, rtol=1e-3)
    for (name, value), other in zip(values.items(), whole.values(), strict=True):
        np.testing.assert_allclose(value, other, rtol=2e-3, atol=2e-4, err_msg=name)
