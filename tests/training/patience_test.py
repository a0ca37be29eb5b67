"""A task ends where validation accuracy stays, and keeps its best weights."""

import json

import keras
import numpy as np
import pytest

from hypermask_tf import scenarios
from hypermask_tf.training import (
    Patience,
    RunFolder,
    SequenceOptions,
    TaskSequence,
)
from tests.hypermask import builders

SEEN = [0.2, 0.5, 0.4, 0.5, 0.3, 0.9]


def _epochs(callback, accuracies, first=0):
    """Runs made-up epochs; the one at which training ends, or None."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    callback.set_model(model)
    model.stop_training = False
    callback.on_train_begin()
    for epoch, accuracy in enumerate(accuracies, start=first):
        callback.on_epoch_end(epoch, {"val_accuracy": accuracy})
        if model.stop_training:
            return epoch
    return None


@pytest.mark.parametrize(("epochs", "end"), [(1, 2), (2, 3), (3, 4), (4, None)])
def test_it_waits_for_so_many_epochs(epochs, end):
    assert _epochs(Patience(epochs), SEEN) == end


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_resumed_run_waits_no_longer(stop):
    callback = Patience(3)
    assert _epochs(callback, SEEN[:stop]) is None
    again = Patience(3)
    again.restore(json.loads(json.dumps(callback.state())), callback.arrays())
    assert _epochs(again, SEEN[stop:], first=stop) == 4


def _scenario(validation=0.25):
    random = np.random.default_rng(0)
    y = np.arange(96) % 4
    x = random.normal(size=(96, builders.FEATURES)) + 3 * y[:, None]
    data = (x.astype("float32"), y, x.astype("float32"), y)
    return scenarios.from_arrays(
        *data, 2, validation_size=validation, validation_from="random"
    )


def test_a_task_that_learns_no_more_takes_fewer_steps(tmp_path):
    scenario = _scenario()
    model = builders.learner(builders.mlp())
    model.optimizer.learning_rate = 0.0  # nothing ever improves
    run = RunFolder.create(tmp_path / "run")
    sequence = TaskSequence(
        model,
        scenario,
        run,
        steps_per_task=4,
        epoch_steps=1,
        batch_size=8,
        patience=1,
        measure_unseen=False,
    )
    sequence.learn()
    results = run.results()
    assert results["steps_per_task"] == [2, 2]
    assert len(results["balanced_accuracy"]) == len(results["macro_f1"]) == 2


def test_the_choices_are_checked():
    with pytest.raises(ValueError, match="patience=-1"):
        SequenceOptions(patience=-1)
    with pytest.raises(ValueError, match="class_weight='equal'"):
        SequenceOptions(class_weight="equal")
    with pytest.raises(ValueError, match="no weights of samples"):
        SequenceOptions(class_weight="balanced", loop="device")
    model = builders.learner(builders.mlp())
    options = SequenceOptions(patience=1, batch_size=8)
    with pytest.raises(ValueError, match=r"need validation samples.*patience=1"):
        options.check(model, _scenario(validation=0))
