"""One learner, several hands."""

import concurrent.futures
import threading

import keras
import numpy as np
import pytest

from tests.strangers.strangers import X, Y, dense, fit, learner, predict


@pytest.mark.backend
def test_threads_get_the_task_they_ask_for():
    model = learner(dense(), protection="hard", head="per_task")
    fit(model, 0)
    fit(model, 1, y=1 - Y, epochs=3)
    expected = [predict(model, task) for task in (0, 1)]
    tasks = [0, 1] * 10
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda task: predict(model, task), tasks))
    for task, answer in zip(tasks, answers, strict=True):
        np.testing.assert_array_equal(answer, expected[task])


def test_training_minds_no_questions():
    """What is asked meanwhile of an earlier task changes nothing of what is learned."""
    outcomes = []
    for asks in (False, True):
        keras.utils.set_random_seed(5)
        model = learner(dense(), protection="hard", head="per_task")
        fit(model, 0, shuffle=False)
        expected = predict(model, 0)
        done = threading.Event()

        def ask(model=model, expected=expected, done=done):
            count = 0
            while not done.is_set() or count == 0:
                np.testing.assert_array_equal(predict(model, 0), expected)
                count += 1
            return count

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answers = pool.submit(ask) if asks else None
            try:
                fit(model, 1, y=1 - Y, epochs=5, shuffle=False)
            finally:
                done.set()
            if answers is not None:
                assert answers.result() > 0
        outcomes.append(predict(model, 1))
    np.testing.assert_array_equal(*outcomes)


def test_what_is_asked_between_forward_pass_and_loss_waits():
    model = learner(dense(), protection="hard", head="per_task")
    loss, asked = model.loss, []
    fit(model, 0)
    expected = predict(model, 0)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:

        def slow(y, outputs):
            asked.append(pool.submit(predict, model, 0))
            concurrent.futures.wait(asked[-1:], timeout=1)
            return loss(y, outputs)

        model.compile(keras.optimizers.Adam(3e-3), slow, run_eagerly=True)
        # The loss terms of this step are there when it is over.
        history = fit(model, 1, y=1 - Y, epochs=1).history
        for answer in asked:
            np.testing.assert_array_equal(answer.result(), expected)
    assert "weight_regularization" in history


def test_evaluations_do_not_mix():
    model = learner(dense(), protection="hard", head="per_task")
    fit(model, 0, epochs=3)
    fit(model, 1, y=1 - Y, epochs=3)
    alone = [model.evaluate(X, Y, task=task, verbose=0) for task in (0, 1)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for task, found in zip(
            [0, 1] * 5,
            pool.map(lambda t: model.evaluate(X, Y, task=t, verbose=0), [0, 1] * 5),
            strict=True,
        ):
            assert found == alone[task]


def test_a_callback_may_ask_and_evaluate():
    class Ask(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["earlier"] = self.model.evaluate(X, Y, task=0, verbose=0)[1]
            self.model.predict(X, task=0, verbose=0)

    model = learner(dense())
    fit(model, 0)
    history = fit(model, 1, callbacks=[Ask()], epochs=2).history
    assert len(history["earlier"]) == 2
    assert model.active_task == 1
