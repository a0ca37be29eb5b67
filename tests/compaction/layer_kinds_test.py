"""Whatever the layers and whatever is dead: the same function in fewer weights."""

import keras
import numpy as np
import pytest

from hypermask_tf.compaction import compact
from tests.compaction import dead
from tests.compaction.model_shapes import MODELS

_BUILT: dict[str, keras.Model] = {}


def _built(name: str) -> keras.Model:
    """In float64 where the backend has it, so that rounding hides nothing."""
    exact = keras.backend.backend() == "tensorflow" and name != "three_dimensions"
    before = keras.config.floatx(), keras.config.dtype_policy()
    dtype = "float64" if exact else "float32"
    try:
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)
        return _BUILT.setdefault(name, MODELS[name]())
    finally:
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])


def _check(model, kill, sparsity):
    dead.shake(model, seed=sparsity)
    kill(model, sparsity, seed=sparsity + 1)
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    assert smaller.count_params() <= model.count_params()
    return smaller


@pytest.mark.parametrize("kill", [dead.kill_units, dead.kill_weights])
@pytest.mark.parametrize("name", list(MODELS))
def test_the_function_stays_and_nothing_is_left_to_remove(name, kill):
    model = _built(name)
    # Over the models every sparsity has its turn; the slow test has all.
    turn = list(MODELS).index(name) + 2 * (kill is dead.kill_weights)
    smaller = _check(model, kill, dead.SPARSITIES[turn % len(dead.SPARSITIES)])
    again = compact(smaller)
    assert again.count_params() == smaller.count_params()
    for one, other in zip(smaller.weights, again.weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)
    _same_signature(model, smaller)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(MODELS))
def test_at_every_sparsity(name):
    for kill in (dead.kill_units, dead.kill_weights):
        for sparsity in dead.SPARSITIES:
            _check(_built(name), kill, sparsity)


def _same_signature(model, smaller):
    assert smaller.name == model.name and type(smaller) is type(model)
    names = [[x.name for x in one.layers] for one in (model, smaller)]
    assert names[0] == names[1]
    for one, other in zip(
        [*model.inputs, *model.outputs],
        [*smaller.inputs, *smaller.outputs],
        strict=True,
    ):
        assert one.shape == other.shape and one.dtype == other.dtype
    policies = [
        [
            layer.dtype_policy.name
            for layer in one._flatten_layers()
            if not isinstance(layer, keras.layers.InputLayer)
        ]
        for one in (model, smaller)
    ]
    assert policies[0] == policies[1]


def test_a_model_without_zeros_keeps_every_weight():
    model = _built("residual")
    dead.shake(model)
    for one, other in zip(model.weights, compact(model).weights, strict=True):
        np.testing.assert_array_equal(one, other)
