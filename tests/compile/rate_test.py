"""Which learning rate a task begins with: the user's, not that of a callback."""

import copy

import keras
import pytest
from keras import optimizers

from tests.compile import kinds

pytestmark = pytest.mark.backend_more
COMPILED, HAND = 0.25, 0.0625  # exact in float32


def _model(**options):
    model = kinds.learner(**options)
    optimizer = optimizers.Adam(COMPILED)
    # A word, which a file can hold.
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, **kinds.QUICK)
    return model


def _rate(model):
    return float(model.optimizer.learning_rate)


class Seen(keras.callbacks.Callback):
    """The rate that a task's first step is taken with."""

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 0:
            self.rate = _rate(self.model)


def _first_rate(model, task):
    seen = Seen()
    kinds.learn(model, task, callbacks=[seen])
    return seen.rate


def _lowering():
    return keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)


def test_a_rate_set_by_hand_holds_for_all_tasks_to_come():
    model = _model()
    kinds.learn(model, 0)
    model.optimizer.learning_rate = HAND
    assert [_first_rate(model, task) for task in (0, 1, 2)] == [HAND] * 3


def test_what_a_callback_does_ends_with_the_task():
    model = _model()
    kinds.learn(model, 0, callbacks=[_lowering()])
    assert _rate(model) == COMPILED / 2
    assert _first_rate(model, 0) == COMPILED / 2  # the task goes on
    assert _first_rate(model, 1) == COMPILED


def test_a_hand_after_a_callback_and_a_callback_after_a_hand():
    model = _model()
    kinds.learn(model, 0, callbacks=[_lowering()])
    model.optimizer.learning_rate = HAND
    kinds.learn(model, 1, callbacks=[_lowering()])
    assert _rate(model) == HAND / 2
    assert _first_rate(model, 2) == HAND


def test_before_the_first_task():
    model = _model()
    model.optimizer.learning_rate = HAND
    assert _first_rate(model, 0) == HAND
    assert _first_rate(model, 1) == HAND


def test_training_that_breaks_off_keeps_the_rate_of_the_user():
    model = _model()

    def fail(epoch, logs):
        raise KeyboardInterrupt

    breaking = keras.callbacks.LambdaCallback(on_epoch_end=fail)
    with pytest.raises(KeyboardInterrupt):
        kinds.learn(model, 0, callbacks=[_lowering(), breaking])
    assert _first_rate(model, 1) == COMPILED


def test_in_steps_of_the_users_a_rate_stays():
    model = _model()
    x, y = kinds.data(8)
    model.begin_task(0)
    model.train_on_batch(x, y)
    model.optimizer.learning_rate = HAND
    for _ in range(2):
        model.train_on_batch(x, y)
        assert _rate(model) == HAND
    model.begin_task(1)
    model.train_on_batch(x, y)
    assert _rate(model) == HAND
    model.optimizer.learning_rate = HAND / 2
    model.begin_task(2)
    assert _rate(model) == HAND / 2


@pytest.mark.parametrize("how", ["extend", "grow", "deepcopy", "saved", "twice"])
def test_copies_know_whose_rate_it_is(how, tmp_path):
    def copied(model):
        if how in ("saved", "twice"):
            model.save(tmp_path / "model.keras")
            loaded = keras.saving.load_model(tmp_path / "model.keras")
            return copy.deepcopy(loaded) if how == "twice" else loaded
        makers = {
            "extend": kinds.extended,
            "grow": kinds.widened,
            "deepcopy": copy.deepcopy,
        }
        return makers[how](model)

    model = _model()
    kinds.learn(model, 0, callbacks=[_lowering()])
    assert _first_rate(copied(model), 1) == COMPILED
    model.optimizer.learning_rate = HAND
    twin = copied(model)
    assert _first_rate(twin, 1) == HAND
    kinds.learn(twin, 1, callbacks=[_lowering()])
    assert _first_rate(twin, 2) == HAND


def test_set_by_hand_right_after_loading(tmp_path):
    for learned in (False, True):
        model = _model()
        if learned:
            kinds.learn(model, 0, callbacks=[_lowering()])
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        loaded.optimizer.learning_rate = HAND
        task = loaded.num_learned_tasks
        assert _first_rate(loaded, task) == HAND
        assert _first_rate(loaded, task + 1) == HAND


def test_a_save_within_training_does_not_take_the_callbacks_rate(tmp_path):
    model = _model()
    save = keras.callbacks.ModelCheckpoint(tmp_path / "model.keras")
    kinds.learn(model, 0, epochs=2, callbacks=[_lowering(), save])
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert _rate(loaded) == COMPILED / 4
    assert _first_rate(loaded, 1) == COMPILED


def test_an_optimizer_that_is_not_reset_keeps_the_rate_it_has():
    model = _model(reset_optimizer=False)
    kinds.learn(model, 0, callbacks=[_lowering()])
    assert _first_rate(model, 1) == COMPILED / 2


def test_compiled_again_between_tasks():
    model = _model()
    kinds.learn(model, 0, callbacks=[_lowering()])
    model.compile(optimizers.Adam(HAND), "mse", **kinds.QUICK)
    model.begin_task(1)
    assert _rate(model) == HAND
    settings = model.get_compile_config()["optimizer"]["config"]
    assert settings["learning_rate"] == HAND


def test_rates_behind_a_loss_scale():
    model = kinds.learner()
    inner = optimizers.Adam(COMPILED)
    optimizer = optimizers.LossScaleOptimizer(inner, initial_scale=2.0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, **kinds.QUICK)
    kinds.learn(model, 0, callbacks=[_lowering()])
    assert _first_rate(model, 1) == COMPILED
    model.optimizer.learning_rate = HAND
    assert _first_rate(model.extend(4), 2) == HAND
