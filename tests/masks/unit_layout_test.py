import keras
import numpy as np
import pytest
from keras import layers, ops

from hypermask_tf.masks import UnitLayout, find_roles


def _target(activation):
    inputs = x = keras.Input((6,))
    x = layers.Dense(10, activation, name="first")(x)
    x = layers.Dense(8, activation, name="second")(x)
    return keras.Model(inputs, layers.Dense(3, name="logits")(x))


def _masks(target, sparsity=50.0, activation="abs_tanh"):
    layout = UnitLayout(target, find_roles(target), sparsity, activation)
    scores = np.random.default_rng(0).normal(size=layout.num_scores).astype("float32")
    masks = layout.masks(ops.convert_to_tensor(scores))
    return layout, [m if m is None else ops.convert_to_numpy(m) for m in masks]


def _run(target, masks, x):
    values = [
        v if m is None else ops.convert_to_numpy(v) * m
        for v, m in zip(target.trainable_variables, masks, strict=True)
    ]
    return ops.convert_to_numpy(target.stateless_call(values, [], x)[0])


def test_shapes_broadcast_over_the_other_axes():
    layout, masks = _masks(_target("relu"))
    assert layout.group_sizes == (10, 8)
    assert [None if m is None else m.shape for m in masks] == [
        (1, 10),
        (10,),
        (10, 8),
        (8,),
        (8, 1),
        None,
    ]


def test_a_kernel_is_scaled_by_its_units_and_cut_by_those_it_reads():
    _, masks = _masks(_target("relu"))
    first, second = masks[1], masks[3]
    np.testing.assert_array_equal(masks[0][0], first)
    np.testing.assert_array_equal(masks[2], (first != 0)[:, None] * second[None])
    np.testing.assert_array_equal(masks[4][:, 0], second != 0)
    assert (np.sum(first == 0), np.sum(second == 0)) == (5, 4)


# Sigmoid of an off unit is 1/2, not 0: only its readers' zero rows silence it.
@pytest.mark.parametrize("hidden", ["relu", "sigmoid"])
@pytest.mark.parametrize("activation", ["abs_tanh", "tanh", "binary"])
def test_an_off_unit_is_exactly_off(hidden, activation):
    target = _target(hidden)
    _, masks = _masks(target, activation=activation)
    x = np.random.default_rng(1).normal(size=(7, 6)).astype("float32")
    before = _run(target, masks, x)
    kernel, bias, reader = (
        ops.convert_to_numpy(v).copy() for v in target.variables[:3]
    )
    off = masks[1] == 0
    assert off.any()
    kernel[:, off], bias[off], reader[off] = 17.0, -3.0, 100.0
    for variable, value in zip(
        target.variables[:3], (kernel, bias, reader), strict=True
    ):
        variable.assign(value)
    np.testing.assert_array_equal(_run(target, masks, x), before)


def test_normalisation_follows_its_unit():
    inputs = keras.Input((6,))
    x = layers.BatchNormalization()(layers.Dense(4, use_bias=False)(inputs))
    target = keras.Model(inputs, layers.Dense(2)(x))
    _, masks = _masks(target)
    np.testing.assert_array_equal(masks[1], masks[0][0])
    np.testing.assert_array_equal(masks[2], masks[0][0])


def test_a_target_without_hidden_units():
    target = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    with pytest.raises(ValueError, match="no hidden units"):
        UnitLayout(target, find_roles(target), 50.0)
