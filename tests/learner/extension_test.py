"""Kinds of masks, protections and allocations that are made outside of the package."""

import json

import keras
import numpy as np
import pytest
from keras import ops

import hypermask_tf as hm
from hypermask_tf.learner import configs
from hypermask_tf.masks import TaskMask, UnitLayout
from tests.hypermask import builders

pytestmark = pytest.mark.backend
FREE = hm.FreeUnitsFirst()


@keras.saving.register_keras_serializable("tests")
class SquaredPenalty(hm.Protection):
    """Squares where the library has absolute values."""

    tracks_use = True

    def __init__(self, strength=1.0):
        self.strength = strength

    def penalty(self, weights):
        total = 0.0
        for value, before, used in zip(
            weights.values, weights.references, weights.used, strict=True
        ):
            moved = ops.where(used, ops.square(value - before), 0.0)
            total = total + ops.sum(moved)
        return self.strength * total

    def get_config(self):
        return {"strength": self.strength}


@keras.saving.register_keras_serializable("tests")
class OneFreeUnit(hm.Allocation):
    """At least one unit of a task's own; scores decide on all others."""

    def free_count(self, count, group):
        return min(1, count)


class EvenLayout(UnitLayout):
    """Mask values that are all alike."""

    def values(self, scores, keep=None):
        on = self.keep(scores) if keep is None else keep
        soft = ops.sigmoid(scores)
        return ops.cast(on, "float32") + (soft - ops.stop_gradient(soft))


@keras.saving.register_keras_serializable("tests")
class EvenMasks(hm.Masks):
    """Unit masks of ones and zeros with another gradient than the library's."""

    def __init__(self, sparsity=50.0, activation="abs_tanh", scale=1.0, ramp_steps=0):
        super().__init__(sparsity, activation, scale, ramp_steps)

    def layout(self, target, roles, tracks_use):
        return EvenLayout(target, roles, self.sparsity)


def _learner(**choices):
    model = hm.HyperMask(
        builders.mlp(), 3, hypernetwork=hm.MLPHypernetwork(4, (8,)), **choices
    )
    model.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def _reloaded(model, tmp_path):
    model.save(tmp_path / "learner.keras")
    return keras.models.load_model(tmp_path / "learner.keras")


def _check_life(model, tmp_path):
    """It learns, is saved, loaded and baked, and its tasks stay what they are."""
    x, _ = builders.data()
    for task in range(2):
        builders.learn(model, task, epochs=2)
    loaded = _reloaded(model, tmp_path)
    assert (loaded.masks, loaded.protection) == (model.masks, model.protection)
    for task in range(2):
        expected = model.predict(x, task=task, verbose=0)
        np.testing.assert_allclose(
            loaded.predict(x, task=task, verbose=0), expected, rtol=1e-5, atol=1e-6
        )
        baked = model.bake(task, compact=isinstance(model.state.layout, UnitLayout))
        np.testing.assert_allclose(
            baked.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-5
        )
    builders.learn(model.extend(4), 2)


@pytest.mark.filterwarnings("ignore:The network is full")
def test_a_protection(tmp_path):
    model = _learner(protection=SquaredPenalty(0.5), masks=hm.UnitMasks(60))
    assert model.state.layout.counts.excludes_used  # use is tracked: free units first
    _check_life(model, tmp_path)


def test_a_stronger_protection_holds_more():
    moved = []
    for strength in (0.0, 100.0):
        keras.utils.set_random_seed(1)
        masks = hm.UnitMasks(30, allocation=hm.AnyUnits())
        model = _learner(protection=SquaredPenalty(strength), masks=masks)
        builders.learn(model, 0)
        model.begin_task(1)
        memory, variables = model.state.memory, model.target.trainable_variables
        logs = builders.learn(model, 1, epochs=15).history
        assert (max(logs["weight_regularization"]) > 0) == (strength > 0)
        moved.append(
            sum(
                float(ops.sum(ops.where(used.value, ops.abs(now.value - before), 0.0)))
                for used, before, now in zip(
                    memory.used,
                    memory.reference,
                    [variables[i] for i in memory.indices],
                    strict=True,
                )
            )
        )
    assert moved[1] < 0.5 * moved[0], moved


@pytest.mark.filterwarnings("ignore:The network is full")
def test_an_allocation(tmp_path):
    masks = hm.UnitMasks(50, allocation=OneFreeUnit())
    model = _learner(masks=masks, protection=hm.Freeze())
    _check_life(model, tmp_path)
    earlier = model.units_on(0)
    for group in model.state.layout.group_slices:
        assert (model.units_on(1) & ~earlier)[group].sum() >= 1
    assert [group.wanted for group in model.capacity().groups] == [1, 1]


def test_a_kind_of_mask(tmp_path):
    model = _learner(masks=EvenMasks(), protection=hm.WeightPenalty())
    assert model.dense_fallback_reason == ""
    _check_life(model, tmp_path)
    mask = TaskMask(model.state.layout, *_scores_and_on(model, 0))
    assert set(np.unique(ops.convert_to_numpy(mask.values))) == {0.0, 1.0}


def _scores_and_on(model, task):
    return ops.convert_to_tensor(model.state.scores_of(task)), model.units_on(task)


def test_a_choice_tells_what_is_not_default():
    assert repr(hm.UnitMasks()) == "UnitMasks()"
    assert repr(hm.WeightPenalty(2)) == "WeightPenalty(strength=2.0)"
    assert repr(SquaredPenalty(3)) == "SquaredPenalty(strength=3)"
    assert hm.UnitMasks(80) != hm.UnitMasks(90) != hm.WeightMasks(90)
    assert hm.UnitMasks(80).replace(sparsity=90) == hm.UnitMasks(90)


class _Unregistered(hm.Allocation):
    def __init__(self, least=1):
        self.least = least

    def free_count(self, count, group):
        return min(self.least, count)

    def get_config(self):
        return {"least": self.least}


def test_a_resumed_run_takes_choices_of_the_classes_at_hand():
    masks = hm.UnitMasks(50, allocation=_Unregistered(2))
    built = _learner(masks=hm.UnitMasks(60, allocation=_Unregistered()))
    saved = json.loads(json.dumps(_learner(masks=masks).get_config()))
    assert configs.settings_like(built, saved)["masks"] == masks
    with pytest.raises(ValueError, match=r"other `allocation`.*FreeUnitsFirst"):
        configs.settings_like(_learner(masks=hm.UnitMasks(allocation=FREE)), saved)
    with pytest.raises(ValueError, match=r"other `masks`.*WeightMasks.*UnitMasks"):
        configs.settings_like(_learner(masks=hm.WeightMasks()), saved)


def test_what_is_refused_leaves_the_hypernetwork_free():
    hypernetwork = hm.MLPHypernetwork(4, (8,))
    for wrong in ({"normalization": "shared"}, {"normalization": "own"}):
        with pytest.raises(ValueError, match="normali"):
            hm.HyperMask(builders.normalised(), 2, hypernetwork=hypernetwork, **wrong)
    three = hm.FreeUnitsFirst([0.0, 0.0, 0.5])
    for masks in (hm.UnitMasks([50, 50, 50]), hm.UnitMasks(allocation=three)):
        with pytest.raises(ValueError, match="2 groups"):
            hm.HyperMask(builders.mlp(), 2, masks, hypernetwork=hypernetwork)
    assert hm.HyperMask(builders.mlp(), 2, hypernetwork=hypernetwork).built
