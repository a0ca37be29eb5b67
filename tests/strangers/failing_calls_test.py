"""A call that fails leaves the learner as it was."""

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from tests.learners import hyper_mask
from tests.strangers.strangers import (
    LOSS,
    X,
    Y,
    assert_same_state,
    dense,
    fit,
    learner,
    predict,
    state,
)


class Breaks(keras.callbacks.Callback):
    def __init__(self, at):
        super().__init__()
        self.at, self.seen = at, 0

    def on_train_batch_end(self, batch, logs=None):
        self.seen += 1
        if self.seen == self.at:
            raise RuntimeError("out of disk")


def _generator():
    yield X[:32], Y[:32]
    raise OSError("no such file")


MISTAKES = {
    "misspelt argument": (lambda m: fit(m, 1, epoch=5), TypeError, "`epochs`"),
    "misspelt task": (lambda m: m.fit(X, Y, tasks=1), TypeError, "`task`"),
    "other width": (lambda m: fit(m, 1, X[:, :5]), ValueError, r"\(8,\).*\(5,\)"),
    "other rank": (lambda m: fit(m, 1, X[:, :, None, None]), ValueError, "shape"),
    "two inputs": (lambda m: fit(m, 1, [X, X]), ValueError, "shape"),
    "labels from 1": (lambda m: fit(m, 1, y=Y + 1), ValueError, r"0\.\.1.*1 to 2"),
    "negative labels": (lambda m: fit(m, 1, y=Y - 1), ValueError, r"0\.\.1"),
    "words as labels": (
        lambda m: fit(m, 1, y=np.where(Y > 0, "cat", "dog")),
        ValueError,
        "numpy.unique",
    ),
    "NaN label": (
        lambda m: fit(m, 1, y=np.where(Y > 0, np.nan, 0.0)),
        ValueError,
        "NaN among the labels",
    ),
    "no samples": (lambda m: fit(m, 1, X[:0], Y[:0]), ValueError, "at least one"),
    "lengths that differ": (lambda m: fit(m, 1, X, Y[:9]), ValueError, "ardinality"),
    "batch size of a word": (lambda m: fit(m, 1, batch_size="x"), Exception, ""),
    "validation of another width": (
        lambda m: fit(m, 1, validation_data=(X[:, :3], Y)),
        ValueError,
        r"\(3,\)",
    ),
    "validation labels": (
        lambda m: fit(m, 1, validation_data=(X, Y + 5)),
        ValueError,
        r"0\.\.1",
    ),
    "inherits from the future": (lambda m: fit(m, 1, inherit=2), ValueError, "inherit"),
    "a callback that breaks": (
        lambda m: fit(m, 1, callbacks=[Breaks(3)], epochs=2),
        RuntimeError,
        "out of disk",
    ),
    "a generator that breaks": (
        lambda m: m.fit(_generator(), task=1, verbose=0, steps_per_epoch=4),
        Exception,
        "no such file",
    ),
    "task beyond capacity": (lambda m: fit(m, 7), ValueError, "extend"),
    "a task skipped": (lambda m: fit(m, 2), ValueError, "next one is 1"),
    "a fraction as task": (lambda m: fit(m, 1.0), TypeError, "integer"),
    "a number as name": (lambda m: fit(m, "1"), ValueError, "index of a task"),
    "a name that is no file's": (lambda m: fit(m, "a/b"), ValueError, "printed"),
}


@pytest.mark.backend
@pytest.mark.parametrize("name", MISTAKES)
def test_nothing_has_changed_and_the_corrected_call_works(name):
    mistake, kind, message = MISTAKES[name]
    model = learner(dense())
    fit(model, 0)
    before = state(model)
    with pytest.raises(kind, match=message):
        mistake(model)
    assert_same_state(before, state(model))
    assert model.num_learned_tasks == 1 and model.num_finished_tasks == 0
    if name in ("misspelt argument", "other width", "a callback that breaks"):
        fit(model, 0)  # the first task is still open
        fit(model, 1, inherit=0)
        assert model.num_learned_tasks == 2


def test_what_failed_leaves_no_trace_in_what_comes():
    """A learner that made a mistake goes on as one that did not."""
    outcomes = []
    for mistake in (False, True):
        keras.utils.set_random_seed(1)
        model = learner(dense())
        fit(model, 0, shuffle=False)
        if mistake:
            with pytest.raises(RuntimeError):
                fit(model, 1, shuffle=False, callbacks=[Breaks(1)])
        fit(model, 1, shuffle=False)
        outcomes.append(predict(model, 1))
    np.testing.assert_array_equal(*outcomes)


def test_a_mistake_in_the_first_task_of_all():
    model = learner(dense())
    before = [np.array(w) for w in model.get_weights()]
    with pytest.raises(RuntimeError):
        fit(model, 0, callbacks=[Breaks(2)])
    assert model.num_learned_tasks == 0
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_interrupt_keeps_what_was_learned():
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    model = learner(dense())
    with pytest.raises(KeyboardInterrupt):
        fit(model, 0, epochs=9, callbacks=[Interrupt()])
    assert model.num_learned_tasks == 1
    fit(model, 0)
    assert np.isfinite(predict(model, 0)).all()


@pytest.mark.backend
@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.evaluate(X[:, :3], Y, task=0, verbose=0),
        lambda m: m.evaluate(X, Y + 9, task=0, verbose=0),
        lambda m: m.evaluate(X, Y, task=0, batches=3),
        lambda m: m.predict(X[:, :3], task=0, verbose=0),
        lambda m: m.predict(X, task=9),
        lambda m: m.test_on_batch(X[:, :3], Y, task=0),
        lambda m: m.bake(9),
        lambda m: m.extend(2),
        lambda m: m.grow({"nobody": 5}),
        lambda m: m.begin_task(0),
    ],
)
def test_the_active_task_is_what_it_was(call):
    model = learner(dense())
    fit(model, 0)
    fit(model, 1)
    before = state(model)
    with pytest.raises((ValueError, TypeError)):
        call(model)
    assert model.active_task == 1
    assert_same_state(before, state(model))


def test_compiling_in_vain_leaves_what_was_compiled():
    target = hm.targets.mlp((8, 8, 1), hidden=(16,), classes=2)
    model = hyper_mask(target, 2, sparsity=50, outliers=hm.outliers.SelfMadeOutliers())
    with pytest.raises(ValueError, match="logits"):
        model.compile("adam", "sparse_categorical_crossentropy")
    assert not model.compiled
    model.compile("adam", LOSS)
    optimizer = model.optimizer
    for arguments in (("adam", "sparse_categorical_crossentropy"), ("nobody", LOSS)):
        with pytest.raises(ValueError, match=r"logits|nobody"):
            model.compile(*arguments)
        assert model.optimizer is optimizer and model.loss is LOSS


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"protection": "all", "reuse": 0.0}, ("allocation", "protection")),
        ({"protection": "current", "reuse": 0.5}, ("allocation", "protection")),
    ],
)
def test_choices_without_effect_are_refused_with_both_names(arguments, names):
    with pytest.raises(ValueError, match=f"{names[0]}.*{names[1]}"):
        learner(dense(), **arguments)


def test_drift_is_not_penalised_where_nothing_drifts():
    target = keras.Sequential([keras.Input((8,)), dense(), keras.layers.Dense(2)])
    hypernetwork = hm.MLPHypernetwork(drift=hm.DriftPenalty())
    with pytest.raises(ValueError, match=r"drift.*Freeze\(\)"):
        hm.HyperMask(target, 2, protection=hm.Freeze(), hypernetwork=hypernetwork)
    with pytest.raises(ValueError, match=r"MaskBank.*drift"):
        hm.MaskBank(drift=hm.DriftPenalty())
