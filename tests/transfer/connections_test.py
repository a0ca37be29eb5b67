"""What new units would add to units of earlier tasks starts at zero."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from tests.hypermask import builders


def _convnet():
    inputs = keras.Input((6, 6, 2))
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(8, 3, padding="same")(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Dense(16, "relu")(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(3)(x))


def _begun(target, **options):
    """Two shaken tasks, and a third that has just begun."""
    model = builders.learner(
        target,
        granularity="unit",
        sparsity=75,
        head="per_task",
        **{"reuse": 0.9, "protection": "hard", **options},
    )
    for task in range(2):
        model.begin_task(task)
        builders.shake(target.variables, task)
    # What chance put where no task has been.
    before = [model.task_values(task)[0] for task in range(2)]
    model.begin_task(2)
    return model, before


@pytest.mark.backend
@pytest.mark.parametrize("protection", ["hard", "used"])
@pytest.mark.parametrize("target", [builders.mlp, _convnet])
def test_earlier_units_hear_of_nothing_new(target, protection):
    model, before = _begun(target(), protection=protection)
    on = [model.units_on(task) for task in range(3)]
    earlier = on[0] | on[1]
    assert (on[2] & earlier).any() and (on[2] & ~earlier).any()
    marks = dict(zip(model._memory.indices, model._memory.used, strict=True))
    silent = 0
    for i, mask in enumerate(model.mask_arrays(2)):
        spec = model.state.unit_layout.units_of(i)
        if i not in marks or spec is None or mask is None or mask.ndim < 2:
            continue
        taken = np.moveaxis(np.zeros(mask.shape, bool), spec.out_axes[0], -1)
        taken = taken | earlier[spec.out_units.ravel()]
        taken = np.moveaxis(taken, -1, spec.out_axes[0])
        value = ops.convert_to_numpy(model.target.trainable_variables[i].value)
        used = ops.convert_to_numpy(marks[i].value) > 0
        quiet = taken & ~used & (mask != 0)
        assert (value[quiet] == 0).all()
        # Weights into its own units are as chance put them, all of them.
        assert (value[(mask != 0) & ~taken] != 0).all()
        silent += quiet.sum()
    assert silent
    for task in range(2):
        for old, new in zip(before[task], model.task_values(task)[0], strict=True):
            np.testing.assert_array_equal(new, old)


def test_they_can_learn_to_hear():
    # Units of ReLU may be dead.
    model, earlier = _begun(builders.mlp("tanh"))
    kernel = model.target.trainable_variables[2]
    before = ops.convert_to_numpy(kernel.value) == 0
    builders.learn(model, 2)
    after = ops.convert_to_numpy(kernel.value)
    assert (after[before] != 0).any()
    # And their own tasks do not notice, to the last bit.
    for task in range(2):
        for old, new in zip(earlier[task], model.task_values(task)[0], strict=True):
            assert old.tobytes() == new.tobytes()


def test_where_scores_alone_decide_nothing_is_touched():
    model = builders.learner(granularity="unit", sparsity=50, reuse=1.0)
    builders.learn(model, 0)
    before = [ops.convert_to_numpy(v.value) for v in model.target.trainable_variables]
    model.begin_task(1)
    for old, new in zip(before, model.target.trainable_variables, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(new.value), old)
