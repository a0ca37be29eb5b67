"""Tasks that predict a number: learned on a scale, measured in the data's unit."""

import json

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from hypermask_tf.scenarios import from_npz
from hypermask_tf.training import BestWeights, Patience, RunFolder, TaskSequence
from hypermask_tf.training.accuracy_matrix import AccuracyMatrix
from hypermask_tf.training.evaluation import Errors
from hypermask_tf.training.measure import ACCURACY, MAE, of_results, of_scenario
from hypermask_tf.training.sequence_record import SequenceRecord


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    """Two lines, of which the second is a thousand times as steep, and far away."""
    random = np.random.default_rng(0)
    x = random.normal(size=(300, 3))
    task = np.arange(300) % 2
    y = x[:, 0] - x[:, 1]
    y = np.where(task, 5000 + 1000 * y, 2 + y)
    path = tmp_path_factory.mktemp("lines") / "lines.npz"
    np.savez(path, x=x, y=y, task=np.where(task, "steep", "flat"))
    return from_npz(path)


def learner(scenario, **options):
    keras.utils.set_random_seed(0)
    target = hm.targets.mlp(scenario.input_shape, (16,), 1)
    masks = hm.UnitMasks(50, activation="binary")
    model = hm.HyperMask(
        target,
        2,
        masks=masks,
        protection=hm.Freeze(),
        hypernetwork=hm.MaskBank(),
        head="per_task",
        **options,
    )
    loss = keras.losses.MeanSquaredError()
    jit = keras.backend.backend() == "jax"
    adam = keras.optimizers.Adam(1e-2)
    model.compile(adam, loss, metrics=["mae"], jit_compile=jit)
    return model


CHOICES = {"batch_size": 16, "steps_per_task": 60, "epoch_steps": 20, "patience": 2}


@pytest.fixture(scope="module")
def learned(scenario, tmp_path_factory):
    run = RunFolder.create(tmp_path_factory.mktemp("run") / "run")
    sequence = TaskSequence(
        learner(scenario), scenario, run, measure_unseen=False, **CHOICES
    )
    sequence.learn()
    return sequence, run


def test_errors_are_in_the_unit_of_the_data(scenario, learned):
    sequence, run = learned
    results = json.loads((run.path / "results.json").read_text())
    assert results["measure"] == "mae" and "accuracy_matrix" not in results
    for task in scenario:
        x, y = task.test
        outputs = sequence.model.predict(x, task=task.index, verbose=0)[:, 0]
        found = outputs * task.number.std + task.number.mean
        index = task.index
        error = np.mean(np.abs(found - y))
        assert results["mae_matrix"][1][index] == pytest.approx(error, rel=1e-4)
        mean = np.mean(np.abs(task.train[1].mean() - y))
        assert results["mean_mae"][index] == pytest.approx(mean, rel=1e-4)
        # Both are learned alike, whatever their unit.
        assert error < 0.25 * mean and results["r2_score"][index] > 0.9
        validation = results["validation_mae"][index]
        assert 0.3 < validation / error < 3


def test_a_run_goes_on_with_its_errors(scenario, learned):
    sequence, run = learned
    again = TaskSequence(
        learner(scenario), scenario, run, measure_unseen=False, **CHOICES
    )
    again.restore()
    assert again.results() == sequence.results()
    record = SequenceRecord.from_dict(again.results(), 3)
    assert record.matrix.measure is MAE and record.matrix.num_tasks == 3
    assert record.beside["mean_mae"] == sequence.results()["mean_mae"]


@pytest.mark.parametrize(
    ("choice", "message"),
    [({"class_weight": "balanced"}, "class_weight"), ({"inherit": "nearest"}, "inher")],
)
def test_what_needs_classes_is_refused(scenario, choice, message):
    choices = CHOICES | choice
    with pytest.raises(ValueError, match=f"Expected tasks of classes.*{message}"):
        TaskSequence(learner(scenario), scenario, **choices)


def test_less_is_better():
    matrix = AccuracyMatrix(2, [9.0, 8.0], measure=MAE)
    for after, row in enumerate([[3.0, 7.0], [5.0, 2.0]]):
        for task, error in enumerate(row):
            matrix.record(after, task, error)
    assert matrix.average_accuracy == 3.5
    assert matrix.backward_transfer == -2.0 and matrix.forgetting == 2.0
    assert matrix.forward_transfer == 1.0
    kept = matrix.to_dict()
    assert kept["average_mae"] == 3.5 and kept["initial_mae"] == [9.0, 8.0]
    again = AccuracyMatrix.from_dict(json.loads(json.dumps(kept)))
    assert again.measure is MAE and again.to_dict() == kept
    assert again.without_forgotten().measure is MAE
    with pytest.raises(ValueError, match="not negative"):
        matrix.record(0, 0, -1.0)
    with pytest.raises(ValueError, match="finite"):
        matrix.record(0, 0, float("inf"))


def test_a_run_of_an_older_version_is_one_of_accuracies():
    assert of_results({"accuracy_matrix": []}) is ACCURACY
    assert of_scenario(hm.scenarios.split_digits(num_tasks=1)) is ACCURACY


def test_the_lowest_error_is_the_best():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.target, model.stop_training = model, False
    best, patience = BestWeights(MAE.monitor, MAE.mode), Patience(2, MAE)
    for callback in (best, patience):
        callback.set_model(model)
        callback.on_train_begin()
    ended = None
    for epoch, error in enumerate([5.0, 3.0, 4.0, 6.0]):
        model.layers[0].bias.assign([error])
        for callback in (best, patience):
            callback.on_epoch_end(epoch, {"val_mae": error})
        if model.stop_training and ended is None:
            ended = epoch
    best.on_train_end()
    assert (ended, best.best_epoch) == (3, 1)
    assert float(model.layers[0].bias[0]) == 3.0


def test_numbers_that_do_not_vary_have_no_r2():
    assert Errors.of(np.ones(3), np.zeros(3), 1.0) == Errors(1.0, None, 0.0)
