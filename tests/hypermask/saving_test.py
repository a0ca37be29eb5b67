"""A run that stopped goes on as if it had not."""

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from tests.hypermask import builders

pytestmark = pytest.mark.backend


def _reloaded(model, tmp_path):
    model.save(tmp_path / "model.keras")
    return keras.saving.load_model(tmp_path / "model.keras")


def _lower_rate(epoch, rate):
    return rate * 0.5


@pytest.mark.parametrize(
    "options",
    [
        {
            "granularity": "unit",
            "protection": "used",
            "lam": 1.0,
            "compile": builders.COMPILED,
        },
        {"protection": "current", "sampled_tasks": 1, "ramp_steps": 3},
        {"hypernetwork": "bank"},
    ],
    ids=["unit", "weight", "bank"],
)
def test_a_resumed_run_is_the_uninterrupted_one(options, tmp_path):
    if options.get("hypernetwork") == "bank":
        options = {**options, "hypernetwork": hm.MaskBank(seed=3)}
    callback = keras.callbacks.LearningRateScheduler(_lower_rate)
    model = builders.learner(builders.normalised(), **options)
    builders.learn(model, 0)
    builders.learn(model, 1, callbacks=[callback])
    loaded = _reloaded(model, tmp_path)
    builders.assert_same(builders.values(loaded), builders.values(model))
    assert loaded.num_learned_tasks == 2 and loaded.active_task == 1
    results = []
    for one in (model, loaded):
        builders.learn(one, None)  # the middle of task 1
        # Task 2 begins at the rate that was compiled, not at the lowered one.
        builders.learn(one, 2)
        assert float(one.optimizer.learning_rate) == pytest.approx(0.01)
        results.append(builders.values(one))
    builders.assert_same(*results)


def test_saved_before_anything_was_learned(tmp_path):
    model = builders.learner()
    loaded = _reloaded(model, tmp_path)
    assert loaded.num_learned_tasks == 0
    for one in (model, loaded):
        builders.learn(one, 0)
    np.testing.assert_array_equal(
        *(one.predict(builders.data()[0], verbose=0) for one in (model, loaded))
    )


def test_every_argument_survives(tmp_path):
    options = {
        "granularity": "unit",
        "sparsity": 60.0,
        "activation": "binary",
        "ramp_steps": 5,
        "protection": "all",
        "beta": 0.5,
        "lam": 0.25,
        "output_reduction": "sum",
        "sampled_tasks": 2,
        "normalization": "shared",
        "reset_optimizer": False,
        "memory_limit": 10**8,
    }
    model = builders.learner(
        augmentation=keras.layers.GaussianNoise(0.1),
        hypernetwork=hm.ChunkedHypernetwork(4, (3,), 7, 2),
        maskable=lambda variable: variable.name == "kernel",
        **options,
    )
    loaded = _reloaded(model, tmp_path)
    for name in ("masks", "protection", "normalization", "reset_optimizer"):
        assert getattr(loaded, name) == getattr(model, name)
    assert loaded.masks == hm.UnitMasks(60.0, activation="binary", ramp_steps=5)
    assert loaded.protection == hm.WeightPenalty(0.25, on="all")
    assert loaded.hypernetwork.drift == hm.DriftPenalty(0.5, "sum", 2)
    config = loaded.get_config()
    assert config["maskable"] == [True, False] * 3
    assert isinstance(loaded.augmentation, keras.layers.GaussianNoise)
    assert loaded.hypernetwork.get_config() == model.hypernetwork.get_config()
    x, _ = builders.data()
    np.testing.assert_array_equal(
        loaded.predict(x, verbose=0), model.predict(x, verbose=0)
    )


def test_a_subclassed_target(tmp_path):
    model = builders.learner(builders.subclassed())
    builders.learn(model, 0)
    loaded = _reloaded(model, tmp_path)
    x, _ = builders.data()
    np.testing.assert_array_equal(
        loaded.predict(x, verbose=0), model.predict(x, verbose=0)
    )


def test_weights_alone(tmp_path):
    model, other = builders.learner(), builders.learner()
    builders.learn(model, 0)
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    assert other.num_learned_tasks == 1
    x, _ = builders.data()
    np.testing.assert_array_equal(
        other.predict(x, verbose=0), model.predict(x, verbose=0)
    )


def test_a_learner_from_before_there_was_a_choice_has_what_there_was():
    config = {"target": builders.mlp(), "num_tasks": 2, "mask_scale": 2.5, "reuse": 0.5}
    model = hm.HyperMask.from_config(config)
    assert model.masks == hm.UnitMasks(scale=2.5, allocation=hm.FreeUnitsFirst(0.5))
    assert model.protection == hm.WeightPenalty() and model.head == "shared"
    del config["mask_scale"], config["reuse"]
    config["target"] = builders.mlp()
    model = hm.HyperMask.from_config(config)
    assert model.masks == hm.UnitMasks(scale=1.0, allocation=hm.AnyUnits())
