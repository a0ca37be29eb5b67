"""Learners of a user's own parts: in runs that go on, and in files."""

import random

import keras
import numpy as np
import pytest
from keras import layers, ops, optimizers

from hypermask_tf.training import CheckpointPlan, RunFolder, TaskSequence
from tests.compile import kinds
from tests.learners import hyper_mask
from tests.training.interrupted import fingerprint, scenario

pytestmark = pytest.mark.backend_more


class Scaling(layers.Layer):
    """Not registered."""

    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs):
        return inputs * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def bent(x):
    return ops.tanh(x) + 0.1 * x


def squares(y_true, y_pred):
    labels = ops.one_hot(ops.cast(ops.reshape(y_true, (-1,)), "int32"), 2)
    return ops.mean(ops.square(labels - y_pred), axis=-1)


class Share(keras.metrics.Mean):
    def update_state(self, y_true, y_pred, sample_weight=None):
        hits = ops.equal(ops.argmax(y_pred, -1), ops.cast(y_true, "int64"))
        super().update_state(ops.cast(hits, "float32"), sample_weight)


class Adam(optimizers.Adam):
    """Of a stock name."""


class Squares(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return squares(y_true, y_pred)


def target(own=None, activation="relu", width=16):
    inputs = keras.Input((1, 6, 1))
    x = layers.Flatten()(inputs)
    if own is not None:
        x = own(x)
    x = layers.Dropout(0.2)(layers.Dense(width, activation, name="hidden")(x))
    return keras.Model(inputs, layers.Dense(2)(x))


def double(y_true, y_pred):
    return 2.0 * squares(y_true, y_pred)


OWN = {
    "layer": {"target": lambda: target(Scaling(3.0))},
    "activation": {"target": lambda: target(activation=bent)},
    "Lambda": {"target": lambda: target(layers.Lambda(lambda x: 3.0 * x))},
    "loss": {"loss": lambda: squares},
    "loss of a stock name": {"loss": lambda: _renamed(double, "mean_squared_error")},
    "loss class": {"loss": Squares},
    "metric": {"metrics": lambda: [Share(name="share")]},
    "optimizer": {"optimizer": lambda: Adam(0.01)},
    "schedule": {"optimizer": lambda: optimizers.Adam(kinds.Schedule(0.01))},
    "factory": {
        "loss": lambda: _two(2.0),
        "metrics": lambda: [_two(1.0), _two(10.0)],
    },
    "augmentation": {"augmentation": lambda: Scaling(1.5)},
}
# What of these no file can hold, so that a warning says so.
NAMELESS = ("schedule", "factory")


def _two(factor):
    def scaled(y_true, y_pred):
        return factor * squares(y_true, y_pred)

    return scaled


def _renamed(function, name):
    function.__name__ = name
    return function


CUSTOM = {
    "Scaling": Scaling,
    "bent": bent,
    "squares": squares,
    "mean_squared_error": double,
    "Squares": Squares,
    "Share": Share,
    "Adam": Adam,
}


def learner(kind, tasks=2, **options):
    own = OWN.get(kind, {})
    keras.utils.set_random_seed(0)
    made = own.get("target", target)()
    augmentation = own.get("augmentation", lambda: None)()
    options = {"sparsity": 50, "augmentation": augmentation, **options}
    model = hyper_mask(made, tasks, **options)
    model.compile(
        own.get("optimizer", lambda: optimizers.Adam(0.01))(),
        own.get("loss", lambda: keras.losses.SparseCategoricalCrossentropy(True))(),
        metrics=["accuracy", *own.get("metrics", list)()],
        **kinds.QUICK,
    )
    return model


def sequence(kind, run, tasks=2, options=None, **further):
    return TaskSequence(
        learner(kind, tasks, **(options or {})),
        scenario(tasks),
        run,
        checkpoints=CheckpointPlan(epochs=1),
        **{
            "steps_per_task": 2,
            "epoch_steps": 1,
            "batch_size": 16,
            "measure_unseen": False,
            **further,
        },
    )


def new_run(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.write_manifest({})
    return run


class BrokenOffError(Exception):
    pass


def _stop_at(step):
    """Callbacks that break a run off in its second task."""
    count = iter(range(100))

    def stop(batch, logs):
        if next(count) == step:
            raise BrokenOffError

    return lambda task: [keras.callbacks.LambdaCallback(on_train_batch_end=stop)]


def _fast(kind):
    return kind in ("Lambda", "factory", "optimizer")


@pytest.mark.parametrize(
    "kind",
    [pytest.param(k, marks=() if _fast(k) else pytest.mark.slow) for k in OWN],
)
def test_a_run_goes_on_with_the_parts_at_hand(kind, tmp_path):
    whole = sequence(kind, None)
    whole.learn()
    half = sequence(kind, new_run(tmp_path), callbacks=_stop_at(3))
    with pytest.raises(BrokenOffError):
        half.learn()
    again = sequence(kind, RunFolder.open(tmp_path / "run"))
    assert again.restore().task == 1
    again.learn()
    assert fingerprint(again) == fingerprint(whole)
    logs = [
        one.model.evaluate(*scenario()[0].test, task=0, verbose=0, return_dict=True)
        for one in (whole, again)
    ]
    assert logs[0] == pytest.approx(logs[1], rel=1e-5)


def test_a_run_that_grew_and_got_longer_goes_on(tmp_path):
    options = {"options": {"reuse": 0.0, "sparsity": 30}, "grow": 1.5}
    sequence("Lambda", new_run(tmp_path), **options).learn()
    before = random.getstate(), np.random.get_state()[1].tolist()
    again = sequence("Lambda", RunFolder.open(tmp_path / "run"), 3, **options)
    random.setstate(before[0])
    np.random.set_state(("MT19937", np.array(before[1], "uint32"), 624, 0, 0.0))
    again.restore()
    # No generator of the user's is set.
    assert np.random.get_state()[1].tolist() == before[1]
    assert again.model.num_tasks == 3
    assert again.model.target.get_layer("hidden").units > 16
    again.learn()
    assert again.model.num_learned_tasks == 3


CHANGES = {
    "another rate of dropout": {"target": lambda: _with_dropout(0.7)},
    "another optimizer": {"optimizer": lambda: optimizers.SGD(0.01)},
    "another setting of it": {"optimizer": lambda: optimizers.Adam(0.01, beta_1=0.5)},
    "another loss": {"loss": lambda: squares},
    "a layer more": {"target": lambda: target(layers.ReLU())},
}


def _with_dropout(rate):
    made = target()
    made.layers[-2].rate = rate
    return made


@pytest.mark.parametrize("kind", CHANGES)
def test_another_learner_does_not_go_on(kind, tmp_path, monkeypatch):
    run = new_run(tmp_path)
    sequence("plain", run).learn()
    monkeypatch.setitem(OWN, kind, CHANGES[kind])
    with pytest.raises(ValueError, match="begun with"):
        sequence(kind, run).restore()


def _saved(kind, tmp_path):
    run = new_run(tmp_path)
    model = learner(kind)
    x, y = scenario()[0].train
    model.begin_task(0)
    model.train_on_batch(x[:16], y[:16])
    from hypermask_tf.training import Position

    run.checkpoints.save(Position(1), model)
    return run, model


@pytest.mark.parametrize("kind", [k for k in OWN if k not in NAMELESS])
def test_a_run_loads_with_the_classes_given(kind, tmp_path):
    run, model = _saved(kind, tmp_path)
    with pytest.raises(ValueError, match=r"custom_objects|safe_mode=False"):
        run.load_model()
    loaded = run.load_model(custom_objects=CUSTOM, safe_mode=kind != "Lambda")
    x, y = scenario()[0].test
    expected = model.evaluate(x, y, task=0, verbose=0, return_dict=True)
    found = loaded.evaluate(x, y, task=0, verbose=0, return_dict=True)
    assert found == pytest.approx(expected, rel=1e-5)
    assert loaded.num_learned_tasks == 1
    for task in (0, 1):
        if task:
            loaded.begin_task(task)
        loaded.train_on_batch(x[:16], y[:16])


@pytest.mark.parametrize("kind", NAMELESS)
def test_what_a_file_cannot_hold_is_said(kind, tmp_path):
    run, model = _saved(kind, tmp_path)
    with pytest.warns(UserWarning, match="compile it again"):
        loaded = run.load_model(custom_objects={"scaled": _two(1.0)})
    x, _ = scenario()[0].test
    np.testing.assert_allclose(
        loaded.predict(x, task=0, verbose=0),
        model.predict(x, task=0, verbose=0),
        rtol=1e-4,
        atol=1e-5,
    )
    with pytest.raises(ValueError, match="compile"):
        loaded.fit(*scenario()[0].train, task=0, verbose=0)
    path = run.checkpoints.latest().path
    with pytest.raises(ValueError, match="compile=False"):
        keras.saving.load_model(path, {"scaled": _two(1.0)})
