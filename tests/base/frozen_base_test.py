"""A trained network that all tasks stand on."""

import copy

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from tests.base import networks

NETWORKS = [networks.mobile, networks.dense, networks.transformer]


def _learner(network, num_tasks=3, **kwargs):
    model = hm.HyperMask(network, num_tasks, base=hm.FrozenBase(rank=2), **kwargs)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # A few steps take less time than tracing them; JAX without XLA is slow.
    jax = keras.backend.backend() == "jax"
    model.compile(
        keras.optimizers.Adam(1e-2), loss, jit_compile=jax, run_eagerly=not jax
    )
    return model


def _learn(model, names, **kwargs):
    x, y = networks.samples(model.target)
    for number, name in enumerate(names):
        model.fit(x, (y + number) % 3, task=name, epochs=1, verbose=0, **kwargs)
    return {name: model.predict(x, task=name, verbose=0) for name in names}


def _same(model, predictions):
    x, _ = networks.samples(model.target)
    for name, expected in predictions.items():
        np.testing.assert_array_equal(model.predict(x, task=name, verbose=0), expected)


@pytest.fixture(scope="module")
def learned():
    """A learner of two tasks; it is not to be changed."""
    keras.utils.set_random_seed(0)
    network = networks.mobile()
    model = _learner(network)
    return network, model, _learn(model, ["one", "two"])


@pytest.mark.parametrize("make", NETWORKS)
def test_before_training_it_computes_what_the_target_does(make):
    network = make()
    model = _learner(network)
    x, _ = networks.samples(network)
    expected = network.predict(x, verbose=0)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, 1e-5, 1e-5)


def test_every_task_begins_with_the_features_of_the_target(learned):
    network, model, _ = learned
    model = copy.deepcopy(model)
    model.begin_task("three")
    x, _ = networks.samples(network)
    pooled = "global_average_pooling2d"
    expected, received = (
        keras.Model(m.input, _layer(m, pooled).output).predict(x, verbose=0)
        for m in (network, model.bake("three"))
    )
    np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-5)


def _layer(model, start):
    return next(layer for layer in model.layers if layer.name.startswith(start))


def test_what_is_shared_stays_to_the_bit_and_the_target_as_it_is(learned):
    network, model, _ = learned
    for name in ("stem", "expand", "project"):
        (own,), (first,) = (
            m.get_layer(name).get_weights() for m in (model.target, network)
        )
        np.testing.assert_array_equal(own, first)
    assert network.get_layer("stem").trainable


@pytest.mark.backend
def test_a_task_learns_and_no_other_changes(learned):
    _, model, predictions = learned
    assert np.abs(predictions["one"] - predictions["two"]).max() > 1e-3
    model = copy.deepcopy(model)
    _learn(model, ["one", "two", "three"][2:])
    _same(model, predictions)


@pytest.mark.backend
def test_it_is_saved_copied_and_extended_with_all_tasks(learned, tmp_path):
    _, model, predictions = learned
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    assert loaded.base == hm.FrozenBase(rank=2)
    for other in (loaded, copy.deepcopy(model), model.extend(5)):
        _same(other, predictions)


def test_a_task_of_an_extended_learner_begins_on_the_base(learned):
    network, model, _ = learned
    longer = model.extend(5)
    for name in ("three", "four"):
        longer.begin_task(name)
    x, _ = networks.samples(network)
    expected = network.predict(x, verbose=0)
    received = longer.predict(x, task="four", verbose=0)
    np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.backend
def test_forgetting_leaves_what_would_be_without_the_task(learned):
    network, model, predictions = learned
    model = copy.deepcopy(model)
    model.forget("two")
    _same(model, {"one": predictions["one"]})
    x, y = networks.samples(network)
    model.fit(x, y, task="three", epochs=1, verbose=0, shuffle=False)
    keras.utils.set_random_seed(0)
    other = _learner(networks.mobile())
    other.fit(x, (y + 1) % 3, task=0, epochs=1, verbose=0)
    other.forget(0)
    other.fit(x, y, task=1, epochs=1, verbose=0, shuffle=False)
    # Nothing of what came before is left in what is learned next.
    received = model.predict(x, task="three", verbose=0)
    np.testing.assert_allclose(
        received, other.predict(x, task=1, verbose=0), rtol=1e-4, atol=1e-4
    )


def test_a_task_may_start_from_another_ones_parts(learned):
    _, model, _ = learned
    model = copy.deepcopy(model)
    x, _ = networks.samples(model.target)
    pooled = _layer(model.target, "global_average_pooling2d").name
    model.begin_task("three", inherit="one")
    expected, received = (
        keras.Model(m.input, m.get_layer(pooled).output).predict(x, verbose=0)
        for m in (model.bake("one"), model.bake("three"))
    )
    np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-5)


def test_a_baked_task_is_plain_keras(learned):
    network, model, predictions = learned
    baked = model.bake("one")
    x, _ = networks.samples(network)
    np.testing.assert_allclose(
        baked.predict(x, verbose=0), predictions["one"], rtol=1e-5, atol=1e-5
    )
    assert all(type(la).__module__.startswith("keras.") for la in baked.layers)


def test_what_contradicts_a_base_is_refused_by_name():
    network = networks.dense()
    for given in (
        {"masks": hm.UnitMasks()},
        {"protection": hm.Freeze()},
        {"hypernetwork": hm.MaskBank()},
        {"head": "shared"},
        {"normalization": "shared"},
    ):
        (name,) = given
        with pytest.raises(ValueError, match=f"Received: {name}="):
            hm.HyperMask(network, 2, base=hm.FrozenBase(), **given)
    for given in ({"rank": -1}, {"own": -0.1}, {"own": 1.0}):
        with pytest.raises(ValueError, match=next(iter(given))):
            hm.FrozenBase(**given)


@pytest.mark.parametrize(
    ("own", "names"),
    [
        (0, {"logits"}),
        (0.21, {"batch_normalization", "expand", "project", "logits"}),
    ],
)
def test_small_layers_belong_to_the_task_and_normalisation_with_them(own, names):
    """Of 944 weights: stem and depth 216, expand and project 192."""
    network = networks.mobile()
    target = hm.FrozenBase(rank=0, own=own).prepare(network)
    found = {v.path.split("/")[0] for v in target.trainable_variables}
    assert {name.rstrip("_0123456789") for name in found} == names


def test_the_summary_says_what_is_shared_and_what_is_a_tasks(learned):
    network, model, _ = learned
    told: list[str] = []
    model.summary(print_fn=told.append)
    shared = sum(
        int(np.prod(v.shape))
        for name in ("stem", "expand", "depth", "project")
        for v in network.get_layer(name).variables
    )
    assert f"{shared:,} parameters, frozen" in told[0]
    assert "FrozenBase(rank=2)" in told[0]
    with pytest.raises(ValueError, match="which a `base` has none of"):
        model.capacity()
