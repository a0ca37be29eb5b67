"""Parameters and multiply-accumulates, against counts by hand and by brute force."""

import itertools
import math

import keras
import numpy as np
import pytest
from keras import layers

from hypermask_tf.surgery.cost import cost


def _sequential(shape, *stack):
    return keras.Sequential([keras.Input(shape), *stack])


@pytest.mark.parametrize(
    ("shape", "layer", "macs"),
    [
        ((7,), lambda: layers.Dense(5), 7 * 5),
        ((4, 3, 7), lambda: layers.Dense(5), 4 * 3 * 7 * 5),
        ((9, 4), lambda: layers.Conv1D(6, 3, strides=2), 4 * 3 * 4 * 6),
        ((9, 9, 4), lambda: layers.Conv2D(6, 3), 49 * 9 * 4 * 6),
        ((9, 9, 4), lambda: layers.Conv2D(6, 3, dilation_rate=2), 25 * 9 * 4 * 6),
        ((9, 9, 4), lambda: layers.Conv2D(6, 3, padding="same"), 81 * 9 * 4 * 6),
        ((9, 9, 4), lambda: layers.Conv2D(6, 3, groups=2), 49 * 9 * 2 * 6),
        ((5, 5, 5, 2), lambda: layers.Conv3D(3, 2), 64 * 8 * 2 * 3),
        ((9, 9, 4), lambda: layers.DepthwiseConv2D(3), 49 * 9 * 4),
        ((9, 9, 4), lambda: layers.DepthwiseConv2D(3, depth_multiplier=2), 49 * 9 * 8),
        (
            (9, 9, 4),
            lambda: layers.SeparableConv2D(6, 3, depth_multiplier=2),
            49 * (9 * 8 + 8 * 6),
        ),
        ((5, 5, 4), lambda: layers.Conv2DTranspose(6, 3, strides=2), 25 * 9 * 4 * 6),
        ((5, 5, 4), lambda: layers.BatchNormalization(), 0),
        ((5, 5, 4), lambda: layers.PReLU(), 0),
    ],
)
def test_layers_by_hand(shape, layer, macs):
    model = _sequential(shape, layer())
    found = cost(model)
    assert found.macs == macs
    assert found.parameters == model.count_params()


def test_convolution_equals_its_unrolled_matrix():
    """Each output number of a valid convolution is a sum over so many products."""
    rng = np.random.default_rng(0)
    for _ in range(5):
        size, kernel = int(rng.integers(4, 9)), int(rng.integers(1, 4))
        c_in, c_out = map(int, rng.integers(1, 5, 2))
        model = _sequential((size, size, c_in), layers.Conv2D(c_out, kernel))
        dense = math.prod(model.output_shape[1:]) * kernel * kernel * c_in
        assert cost(model).macs == dense


def test_sums_over_random_stacks():
    """The cost of a stack is the sum of its layers', alone, nested or sequential."""
    rng = np.random.default_rng(1)
    for _ in range(5):
        widths = [int(w) for w in rng.integers(2, 9, 5)]
        dense = [layers.Dense(w, "relu") for w in widths[1:]]
        inputs = x = keras.Input((widths[0],))
        for layer in dense:
            x = layer(x)
        flat = keras.Model(inputs, x)
        nested = _sequential((widths[0],), flat)
        expected = sum(a * b for a, b in itertools.pairwise(widths))
        assert cost(flat).macs == cost(nested).macs == expected
        assert cost(flat) == cost(nested)


def test_shared_layers_work_per_call_and_weigh_once():
    inputs = keras.Input((6,))
    layer = layers.Dense(6)
    once, twice = (
        keras.Model(inputs, layer(inputs)),
        keras.Model(inputs, layer(layer(inputs))),
    )
    assert cost(twice).parameters == cost(once).parameters == 42
    assert cost(twice).macs == 2 * cost(once).macs


def test_nested_model_at_another_size():
    """A model without fixed size works as much as the call it is in asks for."""
    anywhere = keras.Input((None, None, 3))
    inner = keras.Model(anywhere, layers.Conv2D(4, 3)(anywhere))
    outer_in = keras.Input((10, 10, 3))
    pooled = layers.AveragePooling2D(2)(outer_in)
    both = [layers.GlobalMaxPooling2D()(inner(t)) for t in (outer_in, pooled)]
    outer = keras.Model(outer_in, layers.Add()(both))
    assert cost(outer).macs == (8 * 8 + 3 * 3) * 27 * 4
    with pytest.raises(ValueError, match="fixed shape"):
        cost(inner)


def test_zeros_are_counted_where_they_save_work():
    rng = np.random.default_rng(2)
    model = _sequential(
        (6, 6, 2),
        layers.Conv2D(5, 3, name="conv"),
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dense(3, name="dense"),
    )
    masks = {}
    for name in ("conv", "dense"):
        kernel = model.get_layer(name).kernel
        masks[name] = rng.random(kernel.shape) < 0.3
        kernel.assign(np.where(masks[name], 0.0, 1.0))
    found = cost(model)
    # Zeros: masked entries, the biases, and beta and moving mean.
    zeros = sum(m.sum() for m in masks.values()) + 5 + 3 + 5 + 5
    assert found.nonzero == found.parameters - zeros
    ones = {name: (~mask).sum() for name, mask in masks.items()}
    assert found.nonzero_macs == 16 * ones["conv"] + ones["dense"]


def test_statistics_count_and_seeds_do_not():
    model = _sequential(
        (4,), layers.Dense(3), layers.BatchNormalization(), layers.Dropout(0.5)
    )
    assert cost(model).parameters == 15 + 4 * 3
    assert cost(model).macs == 12


def test_looking_changes_nothing():
    model = _sequential((4,), layers.Dense(3), layers.Dense(2))
    calls = [len(layer._inbound_nodes) for layer in model.layers]
    cost(model)
    assert [len(layer._inbound_nodes) for layer in model.layers] == calls


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(ValueError, match="LSTM"):
        cost(_sequential((4, 3), layers.LSTM(2)))

    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(ValueError, match="Functional or Sequential"):
        cost(Own())
