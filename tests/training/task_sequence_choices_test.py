"""The choices of a sequence: what is measured, learned from, and begun with."""

import keras
import numpy as np
import pytest
from keras import layers

import hypermask_tf as hm
from hypermask_tf import transfer
from hypermask_tf.training import (
    TaskSequence,
    batch_rows,
    task_accuracy,
    task_batches,
)
from tests.learners import hyper_mask


@pytest.fixture
def scenario():
    """Two tasks that a line separates."""
    rng = np.random.default_rng(0)
    y = np.arange(400) % 4
    x = (np.eye(4, 6)[y] * 3 + rng.normal(0, 0.3, (400, 6))).astype("float32")
    x = x.reshape(400, 1, 6, 1)
    return hm.scenarios.from_arrays(x[:300], y[:300], x[300:], y[300:], 2)


def _model(scenario, **kwargs):
    keras.utils.set_random_seed(0)
    inputs = keras.Input(scenario.input_shape)
    x = layers.Dense(24, "relu")(layers.Flatten()(inputs))
    target = keras.Model(inputs, layers.Dense(2)(x))
    model = hyper_mask(target, scenario.num_tasks, **{"sparsity": 50, **kwargs})
    model.compile(
        keras.optimizers.Adam(1e-2),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        # So few steps take less time than compiling one.
        run_eagerly=True,
    )
    return model


def _sequence(model, scenario, **kwargs):
    options = {"steps_per_task": 8, "batch_size": 16, "epoch_steps": 4, **kwargs}
    return TaskSequence(model, scenario, **options)


def _spy(scenario):
    """Lists (task, split) as they are read from now on."""
    read = []
    for task in scenario:
        task._load = lambda split, i=task.index, load=task._load: (
            read.append((i, split)) or load(split)
        )
    return read


def _plain(scenario):
    """The learner that is a plain network."""
    dense = {"sparsity": 0, "activation": "binary", "protection": "all", "beta": 0}
    bank = hm.MaskBank()
    return _model(scenario, hypernetwork=bank, lam=0, **dense)


def test_validation_never_reads_a_test_set(scenario):
    read = _spy(scenario)
    model = _plain(scenario)
    sequence = _sequence(model, scenario, measure="validation")
    matrix = sequence.learn()
    assert "test" not in {split for _, split in read}
    assert sequence.results()["measured_on"] == "validation"
    for task in scenario:
        measured = task_accuracy(model, task.index, *task.validation)
        assert matrix.matrix[-1, task.index] == measured


def test_a_limit_is_as_if_there_were_no_more_data(scenario):
    limited = _sequence(_plain(scenario), scenario, limit_train=40).learn()
    for task in scenario:
        task._load = lambda split, load=task._load: (
            tuple(a[:40] for a in load(split)) if split == "train" else load(split)
        )
        task._alive.clear()
    np.testing.assert_array_equal(
        limited.matrix, _sequence(_plain(scenario), scenario).learn().matrix
    )


def test_alone_each_task_is_learned_as_if_it_were_the_first(scenario):
    """Its network is that of a run in which no task came before."""
    model = _plain(scenario)
    sequence = _sequence(model, scenario, restart=True)
    matrix = sequence.learn().matrix
    second = scenario[1]
    fresh = _plain(scenario)
    x, y = second.train
    batches = task_batches(x, y, batch_rows(len(x), 16, 8, seed=1, task=1))
    fresh.fit(batches, task=0, epochs=2, steps_per_epoch=4, shuffle=False, verbose=0)
    for own, expected in zip(
        model.target.get_weights(), fresh.target.get_weights(), strict=True
    ):
        np.testing.assert_allclose(own, expected, atol=1e-5)
    assert matrix[1, 0] == matrix[0, 0]
    assert np.isnan(matrix[0, 1])
    assert sequence.results()["backward_transfer"] == 0


@pytest.mark.parametrize("inherit", ["latest", "nearest"])
def test_a_task_starts_from_the_one_that_was_chosen(scenario, inherit, monkeypatch):
    model, begun = _model(scenario), []
    monkeypatch.setattr(transfer, "nearest_task", lambda model, x, y: 0)

    def fit(*args, task, inherit=None, **kwargs):
        model.begin_task(task)
        begun.append((task, inherit))

    monkeypatch.setattr(model, "fit", fit)
    sequence = _sequence(model, scenario, inherit=inherit, measure_unseen=False)
    sequence.learn()
    assert begun == [(0, None), (1, 0)]
    assert sequence.results()["inherited_from"] == [None, 0]


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"measure": "train"}, "measure"),
        ({"inherit": "best"}, "inherit"),
        ({"limit_train": 8}, "has 8"),
        ({"limit_train": -1}, "limit_train=-1"),
    ],
)
def test_arguments_out_of_range_are_refused(scenario, kwargs, message):
    with pytest.raises(ValueError, match=message):
        _sequence(_model(scenario), scenario, **kwargs)


def test_nothing_to_measure_on_is_refused():
    x, y = np.zeros((40, 2, 2, 1), "float32"), np.arange(40) % 2
    scenario = hm.scenarios.from_arrays(x, y, x, y, 2, validation_size=0)
    with pytest.raises(ValueError, match="no validation samples"):
        _sequence(_model(scenario), scenario, measure="validation")
