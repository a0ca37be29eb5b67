"""What is chosen by validation accuracy while a task is learned."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import hypermask_tf as hm
from hypermask_tf.training import Plateau, TaskSequence, task_accuracy
from hypermask_tf.training.best_weights import BestWeights
from tests.learners import hyper_mask


class _Trace(keras.callbacks.Callback):
    """Trained values, learning rate and validation accuracy after each epoch."""

    def __init__(self):
        super().__init__()
        self.values, self.rates, self.accuracies = [], [], []

    def on_train_begin(self, logs=None):
        self.first_rate = float(self.model.optimizer.learning_rate)

    def on_epoch_end(self, epoch, logs=None):
        self.values.append(_values(self.model))
        self.rates.append(float(self.model.optimizer.learning_rate))
        self.accuracies.append(logs["val_accuracy"])


def _values(model):
    variables = (*model.trainable_variables, *model.target.non_trainable_variables)
    return [np.array(ops.convert_to_numpy(v.value)) for v in variables]


@pytest.fixture
def scenario():
    """Two tasks whose labels are half noise, so that accuracy goes up and down."""
    rng = np.random.default_rng(0)
    y = np.arange(320) % 4
    x = np.eye(4, 6)[y] + rng.normal(0, 1.0, (320, 6))
    x = x.reshape(320, 1, 6, 1).astype("float32")
    return hm.scenarios.from_arrays(
        x[:240], y[:240], x[240:], y[240:], 2, validation_size=40
    )


def _learn(scenario, rate=5e-2, watching=(), **options):
    keras.utils.set_random_seed(0)
    inputs = keras.Input(scenario.input_shape)
    x = layers.BatchNormalization()(layers.Dense(12)(layers.Flatten()(inputs)))
    target = keras.Model(inputs, layers.Dense(scenario.max_classes)(layers.ReLU()(x)))
    model = hyper_mask(target, scenario.num_tasks, sparsity=50, narrow=False)
    model.compile(
        keras.optimizers.Adam(rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        run_eagerly=True,  # so few steps take less time than compiling one
    )
    traces = [_Trace(), _Trace()]
    sequence = TaskSequence(
        model,
        scenario,
        steps_per_task=7,
        epoch_steps=1,
        batch_size=16,
        measure_unseen=False,
        callbacks=lambda task: [traces[task], *watching],
        **options,
    )
    return sequence, traces


def test_the_best_weights_are_those_of_the_first_highest_epoch(scenario):
    sequence, traces = _learn(scenario, select="best")
    kept = {}
    sequence.learn(lambda task, _: kept.update({task.index: _values(sequence.model)}))
    results = sequence.results()
    # Or else this test would tell nothing.
    assert any(np.argmax(trace.accuracies) < 6 for trace in traces)
    for task, trace in enumerate(traces):
        best = int(np.argmax(trace.accuracies))
        for value, expected in zip(kept[task], trace.values[best], strict=True):
            np.testing.assert_array_equal(value, expected)
        assert results["validation_accuracy"][task] == pytest.approx(
            trace.accuracies[best], abs=1e-6
        )


def test_it_is_chosen_by_the_classes_that_the_task_has():
    rng = np.random.default_rng(0)
    y = np.arange(420) % 7
    x = (np.eye(7, 8)[y] + rng.normal(0, 0.7, (420, 8))).astype("float32")
    x = x.reshape(420, 1, 8, 1)
    scenario = hm.scenarios.from_arrays(
        x[:350], y[:350], x[350:], y[350:], [5, 2], validation_size=70
    )
    measured = []

    def measure(epoch, logs):
        task = scenario[sequence.model.active_task]
        own, whole = (
            task_accuracy(sequence.model, task.index, *task.validation, classes=n)
            for n in (task.num_classes, None)
        )
        measured.append((logs["val_accuracy"], own, whole))

    watching = [keras.callbacks.LambdaCallback(on_epoch_end=measure)]
    sequence, traces = _learn(scenario, 1e-2, watching, select="best")
    sequence.learn()
    logged, own, whole = map(list, zip(*measured, strict=True))
    assert logged == pytest.approx(own, abs=1e-6)
    # Or else this test would tell nothing.
    assert own[7:] != whole[7:]
    assert sequence.results()["validation_accuracy"][1] == max(traces[1].accuracies)


def test_the_rate_falls_on_a_plateau_and_returns_for_the_next_task(scenario):
    sequence, traces = _learn(scenario, rate=1e-9, plateau=True)
    # Lower than the floor of the schedule, the rate would not fall.
    assert traces[0].rates == []
    sequence.learn()
    assert traces[0].rates == [pytest.approx(1e-9)] * 7

    sequence, traces = _learn(scenario, rate=1e-6, plateau=True)
    sequence.learn()
    for trace in traces:
        assert trace.first_rate == pytest.approx(1e-6)
        # The first epoch sets the mark; five without a rise follow.
        assert trace.rates[:5] == [pytest.approx(1e-6)] * 5
        assert trace.rates[6] == pytest.approx(5e-7)


def test_last_and_no_plateau_look_at_no_validation_data(scenario):
    sequence, _ = _learn(scenario)
    assert not sequence.options.validates
    kinds = {type(each) for each in sequence.options.make_callbacks(0)}
    assert not kinds & {BestWeights, Plateau}


def test_mistakes(scenario):
    with pytest.raises(ValueError, match=r"`select` must be one of \['last', 'best'\]"):
        _learn(scenario, select="first")
    rate = keras.optimizers.schedules.CosineDecay(1e-3, 10)
    with pytest.raises(ValueError, match="a constant learning rate"):
        _learn(scenario, rate=rate, plateau=True)
    none = hm.scenarios.split_digits(validation_size=0)
    with pytest.raises(ValueError, match="need validation samples"):
        _learn(none, select="best")


def test_logs_without_the_figure_are_a_mistake():
    callback = BestWeights()
    callback.on_train_begin()
    with pytest.raises(ValueError, match=r"Received: \['loss'\]. Pass"):
        callback.on_epoch_end(0, {"loss": 1.0})
