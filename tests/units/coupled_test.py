"""Layers in which every channel depends on the others: what holds of an off unit."""

import keras
import numpy as np
import pytest
from keras import layers

from hypermask_tf.units import UnitGraph
from tests.units.brute_force import Probe, alive_array, makers, readers

# Name: the layer, and whether a unit that is off comes out as an exact zero.
COUPLED = {
    "layer norm": (lambda: layers.LayerNormalization(name="it"), True),
    "without scale": (lambda: layers.LayerNormalization(scale=False, name="it"), False),
    "without center": (
        lambda: layers.LayerNormalization(center=False, name="it"),
        True,
    ),
    "without both": (
        lambda: layers.LayerNormalization(scale=False, center=False, name="it"),
        False,
    ),
    "group norm": (lambda: layers.GroupNormalization(2, name="it"), True),
    "group norm without scale": (
        lambda: layers.GroupNormalization(2, scale=False, name="it"),
        False,
    ),
    "rms norm": (lambda: layers.RMSNormalization(name="it"), True),
    "unit norm": (lambda: layers.UnitNormalization(name="it"), True),
    "softmax": (lambda: layers.Softmax(name="it"), False),
}


def _model(layer):
    inputs = keras.Input((5,))
    x = layer(layers.Dense(6, "tanh", name="first")(inputs))
    x = layers.Dense(6, "tanh", name="second")(x)
    return keras.Model(inputs, layers.Dense(3, name="logits")(x))


@pytest.fixture(params=COUPLED)
def case(request):
    build, zero = COUPLED[request.param]
    probe = Probe(_model(build()))
    alive = alive_array(probe.graph, [1, 2, 4])
    return probe, alive, zero


def test_they_are_known_and_their_units_not_removable(case):
    graph = case[0].graph
    assert graph.coupled == ["it"] and not graph.opaque
    np.testing.assert_array_equal(graph.removable, [False] * 6 + [True] * 6)
    assert list(graph.seen_by) == ["it"]


def test_the_weights_of_an_off_unit_never_matter(case):
    probe, alive, _ = case

    def masked(variable, weights):
        mask = makers(probe.graph, variable, alive)
        return weights * mask * readers(probe.graph, variable, alive)

    def changed(variable, weights):
        mask = makers(probe.graph, variable, alive)
        mask = mask * readers(probe.graph, variable, alive)
        return np.where(mask == 0, 7.0 * weights, weights) * mask

    for one, other in zip(probe.run(masked), probe.run(changed), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_comes_out_for_an_off_unit(case):
    probe, alive, zero = case
    _, middle, _, _ = probe.run(
        lambda variable, weights: weights * makers(probe.graph, variable, alive)
    )
    off = np.flatnonzero(alive[:6] == 0)
    assert (middle[..., off] == 0).all() == zero


def test_an_off_unit_still_counts_in_the_mean(case):
    """So a model without it is another model: `removable` says so."""
    probe, alive, _ = case

    def cut(variable, weights):
        return weights * readers(probe.graph, variable, alive)

    def changed(variable, weights):
        return cut(variable, weights) * (3 - 2 * makers(probe.graph, variable, alive))

    before, after = probe.run(cut)[1], probe.run(changed)[1]
    on = np.flatnonzero(alive[:6])
    assert (before[..., on] != after[..., on]).any()


@pytest.mark.parametrize(
    "layer",
    [
        layers.BatchNormalization(),
        layers.GroupNormalization(groups=-1),
        layers.LayerNormalization(axis=1),
        layers.LayerNormalization(axis=(1, 2)),
        layers.Softmax(axis=1),
        layers.UnitNormalization(axis=(1, 2)),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_the_same_layers_within_channels_couple_nothing(layer):
    inputs = keras.Input((6, 6, 2))
    x = layer(layers.Conv2D(4, 3)(inputs))
    graph = UnitGraph(keras.Model(inputs, layers.Dense(3)(layers.Flatten()(x))))
    assert not graph.coupled and not graph.opaque
    assert graph.removable.all()


def test_batch_normalisation_in_space_sums_over_channels():
    inputs = keras.Input((6, 6, 2))
    x = layers.BatchNormalization(axis=1, name="it")(layers.Conv2D(4, 1)(inputs))
    graph = UnitGraph(keras.Model(inputs, layers.Dense(3)(layers.Flatten()(x))))
    assert graph.coupled == ["it"]


def test_a_softmax_of_the_logits_is_no_matter():
    inputs = keras.Input((5,))
    x = layers.Softmax()(layers.Dense(3, "softmax")(layers.Dense(4)(inputs)))
    graph = UnitGraph(keras.Model(inputs, x))
    assert not graph.coupled
    assert graph.removable.all()


def test_activations_of_ones_own_are_tried():
    inputs = keras.Input((5,))

    def graph(activation):
        x = layers.Dense(6, activation)(inputs)
        return UnitGraph(keras.Model(inputs, layers.Dense(3)(x)))

    assert graph(lambda x: 2 * x + 1).removable.all()
    assert graph(lambda x: 2 * x + 1).group_sizes == (6,)
    assert graph(lambda x: keras.ops.sign(x)).removable.all()  # a jump is no slope
    assert graph(keras.ops.tanh).removable.all()
    for odd in (
        lambda x: x[..., ::-1],
        lambda x: x - keras.ops.roll(x, 2, axis=-1),
        lambda x: x / keras.ops.sum(x, axis=-1, keepdims=True),
        lambda x: keras.ops.log(keras.ops.abs(x)),  # no number where a unit is off
        lambda x: keras.ops.sqrt(keras.ops.abs(x)),  # no slope there
        keras.ops.softmax,  # not the one of keras.activations
    ):
        assert graph(odd).group_sizes == ()
        assert len(graph(odd).opaque) == 1


@pytest.mark.parametrize(
    "root",
    [
        lambda x: keras.ops.sqrt(keras.ops.mean(keras.ops.square(x), axis=1)),
        lambda x: keras.ops.std(x, axis=1),
    ],
    ids=["sqrt", "std"],
)
def test_what_a_root_is_taken_of_stays_on(root):
    """Where a unit is off the root has no slope, and JAX makes NaN of it."""
    inputs = keras.Input((5, 4))
    x = root(keras.layers.Dense(6)(keras.layers.Dense(7)(inputs)))
    graph = UnitGraph(keras.Model(inputs, keras.layers.Dense(3)(x)))
    assert graph.group_sizes == (7,)
