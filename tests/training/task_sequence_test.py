"""Learning a scenario from end to end."""

import json

import keras
import numpy as np
import pytest
from keras import layers

import hypermask_tf as hm
from hypermask_tf.training import (
    NonFiniteLossError,
    RunFolder,
    TaskSequence,
    task_accuracy,
)
from hypermask_tf.training.position import Position
from tests.learners import hyper_mask


@pytest.fixture
def scenario():
    """Two tasks that a line separates."""
    rng = np.random.default_rng(0)
    y = np.arange(400) % 4
    x = (np.eye(4, 6)[y] * 3 + rng.normal(0, 0.3, (400, 6))).astype("float32")
    x = x.reshape(400, 1, 6, 1)
    return hm.scenarios.from_arrays(x[:300], y[:300], x[300:], y[300:], 2)


def _model(scenario, learning_rate=1e-2):
    keras.utils.set_random_seed(0)
    inputs = keras.Input(scenario.input_shape)
    x = layers.Dense(24, "relu")(layers.Flatten()(inputs))
    target = keras.Model(inputs, layers.Dense(2)(x))
    model = hyper_mask(target, scenario.num_tasks, sparsity=50)
    model.compile(
        keras.optimizers.Adam(learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        # XLA takes longer to compile this than to run it; JAX without it is eager.
        jit_compile=keras.backend.backend() == "jax",
    )
    return model


def _sequence(model, scenario, run=None):
    return TaskSequence(
        model, scenario, run, steps_per_task=60, batch_size=16, epoch_steps=20
    )


def _called(scenario, *names):
    tasks = [
        hm.scenarios.Task(
            task.index,
            task.classes,
            lambda split, task=task: tuple(a.copy() for a in getattr(task, split)),
            sizes=task.sizes,
            name=name,
        )
        for task, name in zip(scenario, names, strict=True)
    ]
    return hm.scenarios.Scenario("named", tasks, input_shape=scenario.input_shape)


def test_tasks_are_called_what_the_scenario_calls_them(scenario, tmp_path):
    named = _called(scenario, "bottles", "cans")
    run = RunFolder.create(tmp_path / "run")
    sequence = _sequence(_model(named), named, run)
    sequence.learn()
    assert sequence.model.task_names == ("bottles", "cans")
    assert run.results()["task_names"] == ["bottles", "cans"]
    # A checkpoint of an earlier version knows no names: the next task brings them.
    path = run.checkpoints_dir / "task_00.keras"
    earlier = keras.models.load_model(path)
    assert earlier.task_names == ("bottles",)
    earlier.rename_task(0, "task_00")
    run.checkpoints.remove_after(Position(1))
    state = json.loads(path.with_suffix(".json").read_text())
    run.checkpoints.save(Position(1), earlier, state, {})
    resumed = _sequence(_model(named), named, run)
    assert resumed.restore() == Position(1)
    assert resumed.model.task_names == ("task_00",)
    resumed.learn()
    assert resumed.model.task_names == ("bottles", "cans")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("cans", "Cans"), "Two tasks must not have one name"),
        (("a/b", "c"), "Expected the name of a task"),
    ],
)
def test_names_that_a_learner_refuses_are_refused_before_anything_begins(
    scenario, names, message
):
    with pytest.raises(ValueError, match=message):
        _sequence(_model(scenario), _called(scenario, *names))


def test_writes_what_it_measured(scenario, tmp_path):
    run = RunFolder.create(tmp_path / "run")
    model = _model(scenario)
    ended = []
    matrix = _sequence(model, scenario, run).learn(lambda t, m: ended.append(t.index))
    results = json.loads((run.path / "results.json").read_text())
    assert ended == [0, 1]
    assert results["average_accuracy"] == matrix.average_accuracy > 0.95
    assert len(results["train_seconds_per_task"]) == 2
    assert results["forward_transfer"] is not None
    assert results["measured_on"] == "test"
    assert results["units_kept"] == [12, 12]
    assert results["parameters_per_task"] == [6 * 12 + 12 + 12 * 2 + 2] * 2
    assert results["macs_per_task"] == [6 * 12 + 12 * 2] * 2
    first, second = results["capacity_used"]
    assert 0 < first <= second <= 1
    loaded = run.load_model()
    for task in scenario:
        x, y = task.test
        measured = task_accuracy(loaded, task.index, x, y)
        assert measured == results["accuracy_matrix"][1][task.index]


def test_same_seed_same_results(scenario):
    first = _sequence(_model(scenario), scenario).learn()
    second = _sequence(_model(scenario), scenario).learn()
    np.testing.assert_array_equal(first.matrix, second.matrix)


def test_non_finite_loss_stops_and_keeps_the_last_checkpoint(scenario, tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.write_manifest({})
    model = _model(scenario)
    sequence = _sequence(model, scenario, run)

    def break_it(task, matrix):
        model.target.trainable_variables[0].assign(
            np.full(model.target.trainable_variables[0].shape, np.nan, "float32")
        )

    with pytest.raises(NonFiniteLossError, match="NaN or infinite"):
        sequence.learn(break_it)
    assert run.load_model().num_learned_tasks == 1
    assert sequence.matrix.num_finished == 1


def test_a_task_never_reads_training_data_of_another(scenario):
    model, read = _model(scenario), []
    for task in scenario:
        load = task._load
        task._load = lambda split, i=task.index, load=load: (
            read.append((i, split, model.num_learned_tasks)) or load(split)
        )
    _sequence(model, scenario).learn()
    for index, split, learned in read:
        if split == "train":
            assert learned == index  # its own turn: the tasks before it have begun


def test_uneven_epochs_are_refused(scenario):
    with pytest.raises(ValueError, match="multiple"):
        TaskSequence(_model(scenario), scenario, steps_per_task=50, epoch_steps=20)
