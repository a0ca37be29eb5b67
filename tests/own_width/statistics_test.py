"""Moving statistics in a step at a task's width: those of the units that are on."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import hypermask_tf as hm
from tests.hypermask import builders

pytestmark = pytest.mark.backend


def _dense():
    inputs = keras.Input((builders.FEATURES,))
    x = layers.Dense(16, use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.5)(x))
    return keras.Model(inputs, layers.Dense(3)(x))


def _images():
    inputs = keras.Input((builders.FEATURES,))
    image = layers.Reshape((4, 2, 1))(inputs)
    x = layers.Conv2D(6, 3, padding="same", use_bias=False)(image)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.5)(x))
    y = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(y))
    # Behind a flatten every channel stands at eight places.
    x = layers.BatchNormalization(momentum=0.8)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(3)(x))


def _shortcuts():
    """Shortcuts pad channels, so that channels at a task's width change their order."""
    inputs = keras.Input((builders.FEATURES,))
    image = layers.Reshape((4, 2, 1))(inputs)
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    y = layers.Conv2D(8, 3, padding="same", use_bias=False)(x)
    short = ops.pad(x, [[0, 0], [0, 0], [0, 0], [2, 2]])
    x = layers.BatchNormalization(momentum=0.5)(layers.Add()([y, short]))
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
    return keras.Model(inputs, layers.Dense(3)(x))


TARGETS = {"dense": _dense, "images": _images, "shortcuts": _shortcuts}


def _learner(target, narrow):
    keras.utils.set_random_seed(3)
    model = builders.learner(
        target(),
        granularity="unit",
        narrow=narrow,
        lam=0.1,
        optimizer=keras.optimizers.SGD(0.02),
        hypernetwork=hm.MaskBank(seed=1),
    )
    assert (not model.dense_fallback_reason) == narrow
    builders.shake(model.target.variables)
    return model


def _statistics(model):
    """Mean and variance of each layer, and which channels the active task has."""
    masks = model.mask(model.active_task)
    for layer in model.target.layers:
        if isinstance(layer, layers.BatchNormalization):
            on = masks[layer.gamma.path] != 0 if layer.gamma.path in masks else None
            for variable in (layer.moving_mean, layer.moving_variance):
                yield ops.convert_to_numpy(variable.value).copy(), on


def _begin(narrow, whole, task):
    """Begins a task in both, from one state.

    What was off goes on from other statistics: computed, it followed zeros.
    """
    for model in (narrow, whole):
        model.begin_task(task)
    for one, other in zip(whole.weights, narrow.weights, strict=True):
        one.assign(ops.convert_to_numpy(other.value).copy())


@pytest.mark.parametrize("name", TARGETS)
def test_those_of_what_is_on_move_as_ever_and_all_others_stay(name):
    narrow, whole = (_learner(TARGETS[name], flag) for flag in (True, False))
    for task in range(2):
        _begin(narrow, whole, task)
        on, before = narrow.units_on(task), list(_statistics(narrow))
        for model in (narrow, whole):
            builders.steps(model, 2)
            np.testing.assert_array_equal(model.units_on(task), on)
        tried = 0
        for (old, on), (one, _), (other, _) in zip(
            before, _statistics(narrow), _statistics(whole), strict=True
        ):
            if on is None:  # padding is among them: nothing is cut out
                np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
                continue
            np.testing.assert_array_equal(one[~on], old[~on])
            np.testing.assert_allclose(one[on], other[on], rtol=1e-4, atol=1e-5)
            assert (one[on] != old[on]).all() and (old != 0).all()
            tried += (~on).sum()
        assert tried
        x, _ = builders.data(task)
        outputs = [model.predict(x, task=task, verbose=0) for model in (narrow, whole)]
        np.testing.assert_allclose(*outputs, rtol=1e-3, atol=1e-4)


def test_a_finished_task_keeps_the_statistics_of_its_end():
    model = _learner(_dense, True)
    ends = []
    for task in range(3):
        model.begin_task(task)
        builders.steps(model)
        ends.append([value for value, _ in _statistics(model)])
        for earlier in range(task + 1):
            kept = model.task_values(earlier)[1]
            for value, end in zip(kept, ends[earlier], strict=True):
                np.testing.assert_array_equal(value, end)
    assert not np.array_equal(ends[0][0], ends[1][0])
