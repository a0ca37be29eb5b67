"""Methods fitted to a run that is over."""

import numpy as np
import pytest

from hypermask_tf import inference, scenarios
from hypermask_tf.inference import TaskNetworks
from tests.hypermask import builders

pytestmark = pytest.mark.backend


class _Run:
    """Checkpoints of a learner that begins one task after the other."""

    def __init__(self):
        self.asked = []
        self._model = builders.learner()

    def load_model(self, task):
        self.asked.append(task)
        self._model.begin_task(task)
        return self._model


def _scenario(seen, validation=60):
    def load(task):
        def arrays(split):
            seen.append((task, split))
            size = validation if split == "validation" else 60
            return tuple(part[:size] for part in builders.data(task, 60))

        return arrays

    sizes = {"train": 60, "validation": validation, "test": 60}
    tasks = [scenarios.Task(t, (0, 1, 2), load(t), sizes=sizes) for t in range(3)]
    return scenarios.Scenario("clouds", tasks, input_shape=(8,))


def test_each_task_is_fitted_with_its_own_checkpoint_and_data_only():
    run, seen, steps = _Run(), [], []
    for step in inference.replay(run, _scenario(seen), ["density", "entropy"]):
        steps.append(step)
        assert seen == [(step.task, "train"), (step.task, "validation")]
        seen.clear()
        assert step.networks.num_tasks == step.task + 1
        assert sorted(step.methods["density"].statistics) == list(range(step.task + 1))
    assert run.asked == [0, 1, 2]
    assert steps[0].methods["density"] is steps[-1].methods["density"]


def test_it_is_what_fitting_in_training_would_have_given():
    *_, last = inference.replay(_Run(), _scenario([]), ["fecam"])
    model = builders.learner()
    method = None
    for task in range(3):
        model.begin_task(task)
        networks = TaskNetworks(model)
        method = method or inference.get("fecam", networks)
        method.networks = networks
        method.fit(task, *builders.data(task, 60), builders.data(task, 60))
    x = builders.data(2)[0]
    assert last.methods["fecam"].statistics.keys() == method.statistics.keys()
    assert np.shape(last.methods["fecam"].predict(x)) == np.shape(method.predict(x))


def _statistics(method):
    return {
        f"{task}/{name}": value
        for task, statistics in method.statistics.items()
        for name, value in statistics.items()
    }


def test_the_first_samples_of_a_limited_run_are_used():
    *_, last = inference.replay(_Run(), _scenario([]), ["density"], limit_train=21)
    model, method = builders.learner(), None
    for task in range(3):
        model.begin_task(task)
        networks = TaskNetworks(model)
        method = method or inference.get("density", networks)
        method.networks = networks
        x, y = builders.data(task, 60)
        method.fit(task, x[:21], y[:21], (x, y))
    found, wanted = map(_statistics, (last.methods["density"], method))
    assert found.keys() == wanted.keys()
    # The learners are two, with other weights: what is of the input alone is equal.
    for name, value in wanted.items():
        if "class" in name:
            np.testing.assert_array_equal(found[name], value)


def test_without_validation_data_training_data_calibrate():
    *_, last = inference.replay(_Run(), _scenario([], validation=0), ["density"])
    method = last.methods["density"]
    assert sorted(method.statistics) == [0, 1, 2]
    said = method.predict(builders.data(1, 60)[0])
    assert method.accepts(said, 1.0).all() and np.isfinite(said.confidence).all()
