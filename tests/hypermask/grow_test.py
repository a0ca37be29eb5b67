"""Widening a trained network."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import hypermask_tf as hm
from tests.hypermask import builders


def _flattened():
    inputs = keras.Input((6, 6, 2))
    x = layers.Conv2D(12, 3, padding="same", name="one")(inputs)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.5)(x))
    y = layers.DepthwiseConv2D(3, padding="same", activation="sigmoid")(x)
    y = layers.BatchNormalization()(layers.Conv2D(12, 1, name="two")(y))
    x = layers.Flatten()(layers.MaxPooling2D()(layers.Add()([x, y])))
    x = layers.Dense(16, "relu", name="three")(x)
    return keras.Model(inputs, layers.Dense(3, name="logits")(x))


WIDTHS = {"one": 15, "two": 15}


def _outputs(model, x, task):
    model.active_task = task
    return ops.convert_to_numpy(model(x, training=False))


def _close(outputs, before):
    """Equal but for rounding: a wider product of matrices may sum in another order."""
    np.testing.assert_allclose(outputs, before, rtol=1e-4, atol=1e-6)


def _network(model, task):
    return model.bake(task, compact=True).get_weights()


def _same(network, before):
    for values, expected in zip(network, before, strict=True):
        np.testing.assert_array_equal(values, expected)


def _input(model, size=16):
    x = np.random.default_rng(0).normal(size=(size, *model.target.input_shape[1:]))
    return x.astype("float32")


@pytest.mark.parametrize("protection", ["used", "hard"])
@pytest.mark.parametrize(
    ("target", "bank"),
    [
        (builders.named_mlp, True),
        (_flattened, False),
        pytest.param(builders.named_mlp, False, marks=pytest.mark.slow),
        pytest.param(_flattened, True, marks=pytest.mark.slow),
    ],
)
def test_old_tasks_are_what_they_were(target, protection, bank):
    model = builders.learner(
        target(),
        tasks=3,
        granularity="unit",
        sparsity=70,
        reuse=0.0,
        head="per_task",
        protection=protection,
        hypernetwork=hm.MaskBank(seed=1) if bank else None,
    )
    x = _input(model)
    for task in range(2):
        model.begin_task(task)
        builders.shake(model.target.variables, task)
    before = [_outputs(model, x, task) for task in range(2)]
    networks = [_network(model, task) for task in range(2)]
    on = [model.units_on(task).sum() for task in range(2)]
    wider = model.grow(WIDTHS)
    assert wider.target.count_params() > model.target.count_params()
    for task in range(2):
        _close(_outputs(wider, x, task), before[task])
        np.testing.assert_array_equal(_outputs(model, x, task), before[task])
        assert wider.units_on(task).sum() == on[task]
    # A new task has as many units as before, and finds the new ones.
    wider.fit(x, np.arange(len(x)) % 3, task=2, verbose=0)
    assert wider.units_on(2).sum() == on[0]
    if protection == "hard":
        for task in range(2):
            _same(_network(wider, task), networks[task])


def test_the_latest_task_is_closed():
    model = builders.learner(builders.named_mlp(), granularity="unit", sparsity=50)
    builders.learn(model, 0)
    wider = model.grow(WIDTHS)
    assert wider.num_learned_tasks == wider.num_finished_tasks == 1
    with pytest.raises(ValueError, match="Task 0 is finished"):
        wider.fit(*builders.data(0), task=0)
    builders.learn(wider, 1)
    assert model.num_finished_tasks == 0


def test_growing_twice_and_saving(tmp_path):
    model = builders.learner(builders.named_mlp(), granularity="unit", sparsity=50)
    builders.learn(model, 0)
    x = _input(model)
    before = _outputs(model, x, 0)
    wider = model.grow({"one": 14}).grow({"one": 20, "two": 13})
    _close(_outputs(wider, x, 0), before)
    wider.save(tmp_path / "wider.keras")
    loaded = keras.saving.load_model(tmp_path / "wider.keras")
    _close(_outputs(loaded, x, 0), before)


@pytest.mark.parametrize("factor", [pytest.param(1.5, marks=pytest.mark.slow), 2])
def test_a_residual_network_with_padded_shortcuts(factor):
    target = hm.targets.resnet((8, 8, 3), 2, blocks=1)
    model = builders.learner(
        target, granularity="unit", sparsity=50, hypernetwork=hm.MaskBank(seed=1)
    )
    model.begin_task(0)
    builders.shake(target.variables)
    x = _input(model, 4)
    before = _outputs(model, x, 0)
    wider = model.grow(
        {
            layer.name: int(factor * layer.filters)
            for layer in target.layers
            if hasattr(layer, "filters")
        }
    )
    _close(_outputs(wider, x, 0), before)


def test_an_embedding_and_channelwise_normalisation_grow():
    inputs = keras.Input((5,), dtype="int32")
    x = layers.Dense(8, "sigmoid", name="one")(
        layers.Embedding(10, 12, name="table")(inputs)
    )
    x = layers.GlobalMaxPooling1D()(layers.GroupNormalization(-1)(x))
    target = keras.Model(inputs, layers.Dense(3)(x))
    model = builders.learner(target, granularity="unit", sparsity=50, reuse=0.0)
    model.begin_task(0)
    builders.shake(target.variables)
    x = np.random.default_rng(0).integers(0, 10, (6, 5))
    before = _outputs(model, x, 0)
    wider = model.grow({"table": 20, "one": 16})
    assert wider.target.get_layer("table").output_dim == 20
    _close(_outputs(wider, x, 0), before)


def test_a_base_that_is_called_as_not_trained_grows():
    inputs = keras.Input((8,))
    hidden = layers.BatchNormalization()(layers.Dense(12, "relu", name="one")(inputs))
    base = keras.Model(inputs, hidden, name="base")
    inputs = keras.Input((8,))
    target = keras.Model(inputs, layers.Dense(3)(base(inputs, training=False)))
    model = builders.learner(target, granularity="unit", sparsity=50, reuse=0.0)
    model.begin_task(0)
    builders.shake(target.variables)
    x = _input(model)
    before = _outputs(model, x, 0)
    wider = model.grow({"base/one": 20})
    assert wider.target.get_layer("base").get_layer("one").units == 20
    _close(_outputs(wider, x, 0), before)


@pytest.mark.backend
def test_a_sequential_target_grows():
    target = keras.Sequential(
        [keras.Input((8,)), layers.Dense(12, name="one"), layers.Dense(3)]
    )
    model = builders.learner(target, granularity="unit", sparsity=50, reuse=0.0)
    model.begin_task(0)
    x = _input(model)
    before = _outputs(model, x, 0)
    wider = model.grow({"one": 20})
    _close(_outputs(wider, x, 0), before)
    assert wider.capacity().groups[0].layers == ("one",)
    wider.summary(print_fn=lambda text: None)
