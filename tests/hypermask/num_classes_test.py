"""A head of a task's own is as wide as the task has classes."""

import copy

import keras
import numpy as np
import pytest
from keras import layers, ops

import hypermask_tf as hm
from tests.hypermask import builders

pytestmark = [
    pytest.mark.backend,
    pytest.mark.filterwarnings("ignore:The network is full"),
]
TWO = (1, 3)  # tasks 1 and 3 have two classes, others three


def _learner(target=None, **kwargs):
    return builders.learner(
        target,
        **{"granularity": "unit", "protection": "hard", "head": "per_task", **kwargs},
    )


def _data(task):
    x, y = builders.data(task)
    return (x[y < 2], y[y < 2]) if task in TWO else (x, y)


def _learn(model, task, steps=4):
    model.begin_task(task, num_classes=2 if task in TWO else None)
    for _ in range(steps):
        model.train_on_batch(*_data(task))


def _predict(model, task):
    return model.predict_on_batch(_data(task)[0], task=task)


def _softmax():
    inputs = keras.Input((builders.FEATURES,))
    x = layers.Dense(builders.CLASSES)(layers.Dense(16, "relu")(inputs))
    return keras.Model(inputs, layers.Activation("softmax")(x))


def _regularized():
    inputs = keras.Input((builders.FEATURES,))
    head = layers.Dense(
        builders.CLASSES, kernel_regularizer="l2", bias_regularizer="l2"
    )
    return keras.Model(inputs, head(layers.Dense(16, "relu")(inputs)))


def _pooled():
    inputs = keras.Input((builders.FEATURES,))
    x = layers.Conv1D(8, 3, activation="relu")(layers.Reshape((8, 1))(inputs))
    x = layers.Conv1D(builders.CLASSES, 1)(x)
    return keras.Model(inputs, layers.GlobalAveragePooling1D()(x))


@pytest.mark.parametrize(
    ("target", "absent"),
    [
        (builders.mlp, -3e4),
        (_softmax, 0.0),
        (_regularized, -3e4),
        (_pooled, -3e4),
    ],
)
def test_a_task_has_the_outputs_of_its_classes(target, absent):
    model = _learner(target())
    if absent == 0:
        model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
    for task in range(3):
        _learn(model, task, steps=2)
    outputs = _predict(model, 1)
    assert (outputs[:, 2] == absent).all() and (outputs[:, :2] != absent).all()
    for compact in (False, True):
        baked = model.bake(1, compact=compact)
        assert baked.output_shape == (None, 2)
        np.testing.assert_allclose(
            outputs[:, :2], baked.predict_on_batch(_data(1)[0]), rtol=1e-4, atol=1e-5
        )
    assert model.bake(0).output_shape == model.bake(2).output_shape == (None, 3)
    # The loss is that of the smaller network, penalties included.
    baked = model.bake(1)
    baked.compile(loss=model.loss, metrics=["accuracy"], run_eagerly=True)
    np.testing.assert_allclose(
        model.evaluate(*_data(1), task=1, verbose=0)[0],
        baked.evaluate(*_data(1), verbose=0)[0],
        rtol=1e-4,
    )


@pytest.mark.parametrize("narrow", [True, False])
def test_it_learns_as_a_network_that_never_had_the_others(narrow):
    def target(classes):
        inputs = keras.Input((builders.FEATURES,))
        return keras.Model(
            inputs, layers.Dense(classes)(layers.Dense(16, "relu")(inputs))
        )

    wide, small = target(3), target(2)
    for one, other in zip(small.weights, wide.weights, strict=True):
        values = ops.convert_to_numpy(other)
        one.assign(values[tuple(slice(size) for size in one.shape)])
    x, y = _data(1)
    losses = []
    for network in (wide, small):
        keras.utils.set_random_seed(0)  # the same scores
        learner = _learner(network, narrow=narrow)
        learner.begin_task(0, num_classes=2)
        losses.append([learner.train_on_batch(x, y)[0] for _ in range(6)])
    np.testing.assert_allclose(*losses, rtol=1e-3)
    assert losses[0][-1] < losses[0][0]


def test_other_tasks_stay_to_the_last_bit():
    model = _learner(tasks=4)
    _learn(model, 0)
    _learn(model, 1)
    model.predict_on_batch(_data(1)[0])  # writes down the mask
    before = [_predict(model, task) for task in (0, 1)]
    _learn(model, 2)
    _learn(model, 3)
    for task, outputs in enumerate(before):
        np.testing.assert_array_equal(_predict(model, task), outputs)


class Counting(hm.HyperMask):
    traces = 0

    def train_step(self, *args):
        self.traces += 1
        return super().train_step(*args)


def test_nothing_is_traced_anew_for_a_task_of_another_size():
    model = Counting(builders.mlp(), 3, hm.UnitMasks(sparsity=70))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    options = {"batch_size": 8, "verbose": 0}
    model.fit(*(a[:16] for a in _data(0)), **options)
    traces = model.traces
    model.fit(*(a[:16] for a in _data(1)), task=1, num_classes=2, **options)
    model.fit(*(a[:16] for a in _data(2)), task=2, **options)
    assert model.traces == traces


def test_sizes_survive_files_and_copies(tmp_path):
    model = _learner()
    _learn(model, 0)
    _learn(model, 1)
    model.save(tmp_path / "model.keras")
    outputs = _predict(model, 1)
    made = (
        keras.models.load_model(tmp_path / "model.keras"),
        copy.deepcopy(model),
        model.extend(5),
        model.grow({model.target.layers[1].name: 20}),
    )
    for other in made:
        np.testing.assert_allclose(_predict(other, 1), outputs, rtol=1e-4, atol=1e-5)
        assert other.bake(1).output_shape == (None, 2)
    longer = made[2]
    for task in (2, 3):
        _learn(longer, task)
    assert [longer.bake(t).output_shape[1] for t in range(4)] == [3, 2, 3, 2]


def test_an_undone_task_leaves_no_size():
    model = _learner()
    model.begin_task(0, num_classes=2)
    model.undo_task()
    model.begin_task(0)
    assert model.bake(0).output_shape == (None, 3)


def test_labels_are_those_of_the_task():
    model = _learner()
    x, y = _data(0)
    with pytest.raises(ValueError, match=r"2 outputs, so labels must lie in 0\.\.1"):
        model.fit(x, y, task=0, num_classes=2, verbose=0)

    def batches():
        yield x[:32], y[:32]

    with pytest.raises(ValueError, match=r"2 outputs, so labels must lie in 0\.\.1"):
        model.fit(batches(), task=0, num_classes=2, verbose=0)
    assert model.num_learned_tasks == 0
    model.fit(*_data(1), task=0, num_classes=2, verbose=0)
    for call in (
        lambda: model.fit(x, y, verbose=0),
        lambda: model.train_on_batch(x, y),
        lambda: model.evaluate(x, y, verbose=0),
        lambda: model.evaluate(batches(), task=0, verbose=0),
    ):
        with pytest.raises(ValueError, match=r"2 outputs, so labels must lie in"):
            call()
    model.begin_task(1)
    with pytest.raises(ValueError, match=r"3 outputs, so labels must lie in"):
        model.train_on_batch(x, y + 1)


def _with(last, *behind):
    inputs = x = keras.Input((builders.FEATURES,))
    for layer in (layers.Dense(16, "relu"), last, *behind):
        x = layer(x)
    return keras.Model(inputs, x)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: _learner(head="shared"), 'head="per_task"'),
        (lambda: _learner(_with(layers.Dense(3, use_bias=False))), "has a bias"),
        (
            lambda: _learner(
                builders.subclassed(), granularity="weight", protection="current"
            ),
            "Functional or Sequential",
        ),
        (
            lambda: _learner(_with(layers.Dense(3), layers.BatchNormalization())),
            "has weights of its own",
        ),
        (lambda: _learner(_with(layers.Dense(3, "tanh"))), "absent would say"),
        (
            lambda: _learner(_with(layers.Dense(3, activity_regularizer="l2"))),
            "activity_regularizer",
        ),
        (lambda: _learner(_with(layers.Dense(3), layers.Reshape((3, 1)))), "cannot"),
    ],
)
def test_targets_that_cannot(make, message):
    model = make()
    with pytest.raises(ValueError, match=message):
        model.begin_task(0, num_classes=2)
    assert model.num_learned_tasks == 0
    model.begin_task(0)


@pytest.mark.parametrize(
    ("num_classes", "kind", "message"),
    [
        (4, ValueError, "has 3 outputs, and a task cannot have more"),
        (0, ValueError, "at least 1"),
        (2.0, TypeError, "must be an integer"),
    ],
)
def test_numbers_of_classes(num_classes, kind, message):
    model = _learner()
    with pytest.raises(kind, match=message):
        model.fit(*_data(1), task=0, num_classes=num_classes)
    with pytest.raises(kind, match=message):
        model.begin_task(0, num_classes=num_classes)
    assert model.num_learned_tasks == 0


def test_a_task_keeps_its_size():
    model = _learner()
    model.fit(*_data(1), task="bottles", num_classes=2, verbose=0)
    model.fit(*_data(1), task="bottles", num_classes=2, verbose=0)
    with pytest.raises(ValueError, match=r"\('bottles'\) has begun with 2 classes"):
        model.fit(*_data(1), task="bottles", num_classes=3, verbose=0)


def _own(y_true, y_pred):
    return keras.losses.sparse_categorical_crossentropy(y_true, y_pred, True)


@pytest.mark.parametrize(
    ("loss", "allowed"),
    [
        ("sparse_categorical_crossentropy", True),
        (keras.losses.CategoricalCrossentropy(from_logits=True), True),
        (_own, True),
        ("mse", False),
        (keras.losses.BinaryCrossentropy(from_logits=True), False),
        (keras.losses.CategoricalCrossentropy(True, label_smoothing=0.1), False),
    ],
)
def test_losses(loss, allowed):
    model = _learner(_softmax())
    model.compile("sgd", loss, run_eagerly=True)
    x, y = _data(1)
    sparse = loss in ("sparse_categorical_crossentropy", _own)
    labels = y if sparse else np.eye(3, dtype="float32")[y]
    if allowed:
        history = model.fit(x, labels, task=0, num_classes=2, verbose=0)
        assert np.isfinite(history.history["loss"]).all()
    else:
        with pytest.raises(ValueError, match="would count in this loss"):
            model.fit(x, labels, task=0, num_classes=2)


def test_networks_side_by_side_may_differ_in_width():
    model = _learner()
    _learn(model, 0)
    _learn(model, 1)
    networks = hm.inference.TaskNetworks(model)
    assert networks.classes == (3, 2)
    logits = networks(_data(1)[0]).logits
    np.testing.assert_allclose(
        logits[:, 1, :2], _predict(model, 1)[:, :2], rtol=1e-4, atol=1e-4
    )
    assert (logits[:, 1, 2] < -1e4).all() and (logits[:, 0] > -1e4).all()
