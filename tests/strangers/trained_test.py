"""A network that was trained before is brought along."""

import warnings

import keras
import numpy as np
import pytest

import hypermask_tf as hm

LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
layers = keras.layers


def _fitted():
    network = keras.Sequential(
        [keras.Input((4,)), layers.Dense(8, "relu"), layers.Dense(2)]
    )
    network.compile("sgd", LOSS, run_eagerly=True)
    network.fit(np.ones((4, 4)), np.zeros(4), verbose=0)
    return network


def _loaded():
    """As from a file of weights: nothing tells but the statistics."""
    network = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(8),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dense(2),
        ]
    )
    network.layers[1].moving_mean.assign(np.arange(8))
    return network


@pytest.mark.parametrize("make", [_fitted, _loaded])
@pytest.mark.parametrize("masks", [hm.UnitMasks(50), hm.WeightMasks(0)])
def test_masks_that_would_take_it_apart_are_told(make, masks):
    model = hm.HyperMask(make(), 2, masks=masks)
    with pytest.warns(UserWarning, match=r"base=FrozenBase\(\)"):
        model.begin_task(0)


@pytest.mark.parametrize(
    ("make", "choices"),
    [
        (_fitted, {"base": hm.FrozenBase()}),
        (_loaded, {"masks": hm.UnitMasks(0.0, activation="binary", scale=1.0)}),
    ],
)
def test_what_keeps_it_whole_is_not(make, choices):
    model = hm.HyperMask(make(), 2, **choices)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="The target looks trained")
        model.begin_task(0)


def test_a_fresh_network_is_not_and_neither_are_later_tasks_nor_copies():
    model = hm.HyperMask(
        keras.Sequential(
            [
                keras.Input((4,)),
                layers.Dense(8),
                layers.BatchNormalization(),
                layers.Dense(2),
            ]
        ),
        3,
        masks=hm.UnitMasks(50),
    )
    model.compile("sgd", LOSS, run_eagerly=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="The target looks trained")
        for task in range(2):
            model.fit(np.random.rand(8, 4), np.zeros(8), task=task, verbose=0)
        model.extend(4).begin_task(2)
