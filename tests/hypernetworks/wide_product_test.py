import keras
import numpy as np
import pytest
from keras import ops

from hypermask_tf.hypernetworks.wide_product import (
    MOST_ROWS,
    whole_gradient,
    wide_product,
)

pytestmark = pytest.mark.backend


def _gradients(function, *arrays):
    """Value and gradients of a scalar function, compiled by XLA."""
    if keras.backend.backend() == "jax":
        import jax

        indices = tuple(range(len(arrays)))
        return jax.jit(jax.value_and_grad(function, indices))(*arrays)
    import tensorflow as tf

    @tf.function(jit_compile=True)
    def compiled(*tensors):
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            value = function(*tensors)
        return value, tape.gradient(value, tensors)

    return compiled(*map(tf.constant, arrays))


@pytest.mark.parametrize("tasks", [1, 3, MOST_ROWS, MOST_ROWS + 1])
def test_value_and_gradients_are_those_of_a_product(tasks):
    rng = np.random.default_rng(tasks)
    kernel, rows, weights = (
        rng.normal(size=shape).astype("float32")
        for shape in ((50, 7), (tasks, 7), (tasks, 50))
    )

    def value(fused):
        return lambda k, r: ops.sum(ops.sin(wide_product(k, r, fused)) * weights)

    plain, fused = (_gradients(value(f), kernel, rows) for f in (False, True))
    np.testing.assert_allclose(plain[0], fused[0], rtol=1e-5, atol=1e-5)
    for a, b in zip(plain[1], fused[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_whole_gradient_changes_nothing():
    x = np.linspace(-1, 1, 9).astype("float32")

    def value(hold):
        def of(x, one):
            held = whole_gradient(x, ops.cast(one > 0, "int32")) if hold else x
            return ops.sum(held * held * ops.cast(one, "float32"))

        return of

    one = np.ones((), "float32")
    plain, held = (_gradients(value(h), x, one) for h in (False, True))
    np.testing.assert_array_equal(plain[1][0], held[1][0])
