"""Hard protection: earlier tasks stay as they are, to the last bit."""

import hashlib

import keras
import numpy as np
import pytest
from keras import ops

import hypermask_tf as hm
from tests.hypermask import builders


def _digest(model, task):
    digest = hashlib.sha256()
    for variable in model.bake(task).weights:
        digest.update(ops.convert_to_numpy(variable.value).tobytes())
    return digest.hexdigest()


# One of the kinds of masks as `fit` runs by default; that is where it may differ.
COMPILED = {"compile": builders.COMPILED}
OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.05),
    "adamw": lambda: keras.optimizers.AdamW(0.05, weight_decay=0.1),
    "momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
}
# Kinds of masks, and the optimizers that are tried fast; the others are slow.
KINDS = {
    "unit with a head": (
        {"granularity": "unit", "reuse": 0.0, "head": "per_task", **COMPILED},
        ["adam"],
    ),
    "unit": ({"granularity": "unit"}, ["adamw", "momentum"]),
    "weight": ({"granularity": "weight"}, ["adamw", "momentum"]),
    "bank": ({"granularity": "unit", "hypernetwork": "bank"}, ["adamw", "momentum"]),
}


@pytest.mark.filterwarnings("ignore:Weight decay", "ignore:The network is full")
@pytest.mark.parametrize(
    ("options", "optimizer"),
    [
        pytest.param(
            options,
            optimizer,
            id=f"{kind}-{optimizer}",
            marks=[] if optimizer in fast else [pytest.mark.slow],
        )
        for kind, (options, fast) in KINDS.items()
        for optimizer in OPTIMIZERS
    ],
)
def test_earlier_tasks_are_bit_equal(options, optimizer):
    options = dict(options)
    if options.get("hypernetwork"):
        options["hypernetwork"] = hm.MaskBank(seed=1)
    model = builders.learner(
        builders.normalised(),
        protection="hard",
        sparsity=60,
        optimizer=OPTIMIZERS[optimizer](),
        reset_optimizer=optimizer != "momentum",
        **options,
    )
    before = []
    for task in range(builders.TASKS):
        builders.learn(model, task)
        before.append(_digest(model, task))
        assert [_digest(model, earlier) for earlier in range(task + 1)] == before
    assert len(set(before)) == builders.TASKS


def test_soft_protection_is_not_bit_equal():
    """The test above can fail."""
    model = builders.learner(builders.normalised(), granularity="unit", lam=0.0)
    builders.learn(model, 0)
    before = _digest(model, 0)
    builders.learn(model, 1, epochs=2)
    assert _digest(model, 0) != before


def test_used_weights_get_no_gradient_and_free_ones_learn():
    model = builders.learner(granularity="unit", protection="hard", sparsity=60)
    builders.learn(model, 0, epochs=2)
    model.begin_task(1)
    start = [ops.convert_to_numpy(v.value) for v in model.target.trainable_variables]
    builders.learn(model, 1, epochs=3)
    moved = 0
    for used, index in zip(model._memory.used, model._memory.indices, strict=True):
        change = (
            ops.convert_to_numpy(model.target.trainable_variables[index].value)
            - start[index]
        )
        assert not change[ops.convert_to_numpy(used.value) > 0].any()
        moved += np.count_nonzero(change)
    assert moved


def test_shared_normalisation_is_refused():
    with pytest.raises(ValueError, match="normalisation of its own"):
        builders.learner(
            builders.normalised(), protection="hard", normalization="shared"
        )
    # Where there is none, there is nothing to share.
    builders.learner(protection="hard", normalization="shared")


@pytest.mark.backend
def test_saved_and_loaded_it_goes_on_protecting(tmp_path):
    model = builders.learner(granularity="unit", protection="hard", reuse=0.5)
    builders.learn(model, 0)
    builders.learn(model, 1)
    before = [_digest(model, task) for task in range(2)]
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    builders.learn(loaded, 2, epochs=2)
    assert [_digest(loaded, task) for task in range(2)] == before


@pytest.mark.backend
def test_in_double_precision_nothing_is_rounded_to_single():
    if keras.backend.backend() == "jax":
        pytest.skip("JAX computes in single precision unless told otherwise")
    inputs = keras.Input((builders.FEATURES,), dtype="float64")
    x = keras.layers.Dense(16, "relu", dtype="float64")(inputs)
    target = keras.Model(inputs, keras.layers.Dense(3, dtype="float64")(x))
    model = builders.learner(target, granularity="weight", protection="hard")
    # Numbers that a float32 does not hold.
    for variable in target.variables:
        variable.assign(np.random.default_rng(0).normal(size=variable.shape))
    before = []
    for task in range(3):
        model.begin_task(task)
        builders.steps(model, 2)
        before.append(_digest(model, task))
        assert [_digest(model, earlier) for earlier in range(task + 1)] == before
