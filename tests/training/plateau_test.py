"""The rate falls where accuracy stays, and a resumed run goes on waiting."""

import json

import keras
import numpy as np
import pytest

from hypermask_tf.training.plateau import Plateau

PATIENCE, FACTOR, LOWEST = 5, 0.1**0.5, 5e-7


class _Epochs:
    """A run of epochs that report made-up accuracies."""

    def __init__(self, rate=0.1):
        self.model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        self.model.compile(keras.optimizers.SGD(rate), "mse")
        self.start(Plateau())

    def start(self, callback):
        self.callback = callback
        callback.set_model(self.model)
        callback.on_train_begin()

    def run(self, accuracies):
        """The rate after each epoch."""
        rates = []
        for epoch, accuracy in enumerate(accuracies):
            self.callback.on_epoch_end(epoch, {"val_accuracy": accuracy})
            rates.append(float(self.model.optimizer.learning_rate))
        return rates

    def resume(self):
        """Goes on with a new callback, by what a checkpoint holds of the old one."""
        state = json.loads(json.dumps(self.callback.state()))
        callback = Plateau()
        callback.restore(state, self.callback.arrays())
        self.start(callback)


def _expected(accuracies, rate=0.1):
    """The rule in words: five epochs without a new best, a third of the rate."""
    best, wait, rates = -np.inf, 0, []
    for accuracy in accuracies:
        if accuracy > best + 1e-4:
            best, wait = accuracy, 0
        else:
            wait += 1
        if wait == PATIENCE:
            rate, wait = max(rate * FACTOR, LOWEST), 0
        rates.append(rate)
    return rates


def _accuracies(seed, epochs=30):
    random = np.random.default_rng(seed)
    # Rises slowly, with long plateaus.
    return np.maximum.accumulate(random.random(epochs) * (random.random(epochs) < 0.2))


@pytest.mark.parametrize("seed", range(4))
def test_the_rate_falls_after_five_epochs_without_a_new_best(seed):
    accuracies = _accuracies(seed)
    rates = _Epochs().run(accuracies)
    np.testing.assert_allclose(rates, _expected(accuracies), rtol=1e-5)
    assert len(set(rates)) > 2


def test_it_falls_no_further_than_the_least():
    rates = _Epochs(rate=2e-6).run([0.5] * 30)
    assert min(rates) == pytest.approx(LOWEST)


@pytest.mark.parametrize("seed", range(4))
def test_a_resumed_run_waits_as_long_as_one_that_was_not_stopped(seed):
    accuracies = _accuracies(seed)
    whole = _Epochs().run(accuracies)
    for stop in range(1, 20):
        epochs = _Epochs()
        rates = epochs.run(accuracies[:stop])
        epochs.resume()
        np.testing.assert_allclose(rates + epochs.run(accuracies[stop:]), whole)


def test_before_the_first_epoch_there_is_nothing_to_wait_for():
    epochs = _Epochs()
    epochs.resume()
    accuracies = _accuracies(0)
    np.testing.assert_allclose(epochs.run(accuracies), _expected(accuracies), rtol=1e-5)


def test_the_next_task_starts_afresh():
    epochs = _Epochs()
    epochs.run([0.9, 0.1, 0.1])
    epochs.resume()
    # What was restored counts once: the next task knows no best and has not waited.
    epochs.start(epochs.callback)
    rates = epochs.run([0.5, *[0.4] * PATIENCE])
    assert rates[:-1] == [pytest.approx(0.1)] * PATIENCE
    assert rates[-1] == pytest.approx(0.1 * FACTOR)
